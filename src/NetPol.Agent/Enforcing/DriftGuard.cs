using NetPol.Netlink;
using NetPol.Nftables.Kernel;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Has the table put right as soon as somebody else changes it. After each repair it rests for nine times as long as that took, so that whoever
/// goes on changing it costs a tenth of a core and no more.
/// </summary>
internal sealed class DriftGuard(Enforcer enforcer, KernelTableWatch watch, TimeProvider time, ILogger<DriftGuard> log) : BackgroundService
{
    private const int RestFactor = 9;

    /// <summary>Repairs with less than <see cref="Quiet"/> between them are told one by one until there are so many.</summary>
    internal const int ToldOneByOne = 3;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);

    private string? _lastTrouble;
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
            var rest = time.GetElapsedTime(started) * RestFactor;
            stopping.WaitHandle.WaitOne(rest < LongestRest ? rest : LongestRest);
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
            _lastTrouble = null;
            return true;
        }
        catch (NetlinkException error)
        {
            if (!string.Equals(error.Message, _lastTrouble, StringComparison.Ordinal))
                Log.NotRepaired(log, author, error.Message);
            _lastTrouble = error.Message;
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
