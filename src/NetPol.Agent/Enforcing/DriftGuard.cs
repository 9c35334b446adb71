using NetPol.Netlink;
using NetPol.Nftables.Kernel;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Has the table put right as soon as somebody else changes it. After each repair it rests, see <see cref="Rest"/>, so that whoever goes on
/// changing it costs little.
/// </summary>
internal sealed class DriftGuard(Enforcer enforcer, KernelTableWatch watch, TimeProvider time, ILogger<DriftGuard> log) : BackgroundService
{
    /// <summary>Repairs with less than <see cref="Quiet"/> between them are told one by one until there are so many.</summary>
    internal const int ToldOneByOne = 3;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly OneTrouble _trouble = new();
    private long _lastRepair;
    private int _repairsInARow;

    // The wait is the kernel's, so it has a thread of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Guard(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Guard(CancellationToken stopping)
    {
        using var wake = stopping.Register(watch.Wake);
        while (!stopping.IsCancellationRequested)
        {
            if (watch.WaitForChange() is { } author)
                Repair(author, stopping);
        }
    }

    private void Repair(string author, CancellationToken stopping)
    {
        bool isRight;
        do
        {
            var started = time.GetTimestamp();
            isRight = TryRepair(author);
            stopping.WaitHandle.WaitOne(Rest.After(time.GetElapsedTime(started)));
        }
        while (!isRight && !stopping.IsCancellationRequested);
    }

    private bool TryRepair(string author)
    {
        var started = time.GetTimestamp();
        try
        {
            var operations = enforcer.Repair();
            if (operations > 0)
                Tell(author, operations, time.GetElapsedTime(started));
            _trouble.IsOver();
            return true;
        }
        catch (NetlinkException error)
        {
            if (_trouble.Is(error.Message))
                Log.NotRepaired(log, author, error.Message);
            return false;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (_trouble.Is(error.Message))
                Log.Unexpected(log, "to put the table right", error);
            return false;
        }
    }

    private void Tell(string author, int operations, TimeSpan took)
    {
        var isRow = _repairsInARow > 0 && time.GetElapsedTime(_lastRepair) < Quiet;
        (_repairsInARow, _lastRepair) = (isRow ? _repairsInARow + 1 : 1, time.GetTimestamp());
        if (_repairsInARow <= ToldOneByOne)
            Log.Repaired(log, author, operations, took.TotalMilliseconds);
        if (_repairsInARow == ToldOneByOne)
            Log.Fought(log, author);
    }
}
