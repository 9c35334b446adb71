using NetPol.Agent.Infrastructure;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Has the table put right as soon as somebody else changes it. After each repair it rests, see <see cref="DutyCycle"/>, so that whoever goes on
/// changing it costs little.
/// </summary>
internal sealed class DriftReconciler(NftablesDataplane dataplane, TableMonitor watch, TimeProvider time, ILogger<DriftReconciler> log) : BackgroundService
{
    /// <summary>Repairs with less than <see cref="QuietPeriod"/> between them are told one by one until there are so many.</summary>
    internal const int LoggedResyncs = 3;

    private static readonly TimeSpan QuietPeriod = TimeSpan.FromMinutes(1);

    private readonly ErrorLogThrottle _failure = new();
    private long _lastResync;
    private int _resyncsInARow;

    // The wait is the kernel's, so it has a thread of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Watch(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Watch(CancellationToken stopping)
    {
        using var wake = stopping.Register(watch.Wake);
        while (!stopping.IsCancellationRequested)
        {
            if (watch.WaitForChange() is { } author)
                ResyncUntilDone(author, stopping);
        }
    }

    private void ResyncUntilDone(string author, CancellationToken stopping)
    {
        bool isRight;
        do
        {
            var started = time.GetTimestamp();
            isRight = TryResync(author);
            stopping.WaitHandle.WaitOne(DutyCycle.PauseAfter(time.GetElapsedTime(started)));
        }
        while (!isRight && !stopping.IsCancellationRequested);
    }

    private bool TryResync(string author)
    {
        var started = time.GetTimestamp();
        try
        {
            var operations = dataplane.Resync();
            if (operations > 0)
                LogResync(author, operations, time.GetElapsedTime(started));
            _failure.Clear();
            return true;
        }
        catch (NetlinkException error)
        {
            if (_failure.IsNew(error.Message))
                Log.ResyncFailed(log, author, error.Message);
            return false;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (_failure.IsNew(error.Message))
                Log.UnexpectedError(log, "to put the table right", error);
            return false;
        }
    }

    private void LogResync(string author, int operations, TimeSpan took)
    {
        var isRow = _resyncsInARow > 0 && time.GetElapsedTime(_lastResync) < QuietPeriod;
        (_resyncsInARow, _lastResync) = (isRow ? _resyncsInARow + 1 : 1, time.GetTimestamp());
        if (_resyncsInARow <= LoggedResyncs)
            Log.TableResynced(log, author, operations, took.TotalMilliseconds);
        if (_resyncsInARow == LoggedResyncs)
            Log.TableContested(log, author);
    }
}

/// <summary>Takes NetPol out of the kernel.</summary>
internal static class TableRemoval
{
    /// <returns>False when there was nothing.</returns>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public static bool Remove(INftables nftables)
    {
        if (nftables.Read(Renderer.TableName) is null)
            return false;
        nftables.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
        return true;
    }
}
