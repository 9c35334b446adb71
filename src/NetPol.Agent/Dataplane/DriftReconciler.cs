using NetPol.Agent.Infrastructure;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Restores the table as soon as another program changes it. After each resync it pauses, see <see cref="DutyCycle"/>, so that a program that changes the table again and
/// again costs little.
/// </summary>
internal sealed class DriftReconciler(NftablesDataplane dataplane, TableMonitor watch, TimeProvider time, ILogger<DriftReconciler> log) : BackgroundService
{
    /// <summary>The most resyncs in a row that are logged. Resyncs are in a row if less than <see cref="ResyncWindow"/> lies between them.</summary>
    internal const int LoggedResyncs = 3;

    private static readonly TimeSpan ResyncWindow = TimeSpan.FromMinutes(1);

    private readonly ErrorLogThrottle _failure = new();
    private long _lastResync;
    private int _resyncsInARow;

    // The wait blocks in the kernel, so it needs its own thread.
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
        bool isDone;
        do
        {
            var started = time.GetTimestamp();
            isDone = TryResync(author);
            stopping.WaitHandle.WaitOne(DutyCycle.PauseAfter(time.GetElapsedTime(started)));
        }
        while (!isDone && !stopping.IsCancellationRequested);
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
                Log.UnexpectedError(log, "to restore the table", error);
            return false;
        }
    }

    private void LogResync(string author, int operations, TimeSpan duration)
    {
        var isInARow = _resyncsInARow > 0 && time.GetElapsedTime(_lastResync) < ResyncWindow;
        (_resyncsInARow, _lastResync) = (isInARow ? _resyncsInARow + 1 : 1, time.GetTimestamp());
        if (_resyncsInARow <= LoggedResyncs)
            Log.TableResynced(log, author, operations, duration.TotalMilliseconds);
        if (_resyncsInARow == LoggedResyncs)
            Log.TableContested(log, author);
    }
}

/// <summary>Removes NetPol's table from the kernel.</summary>
internal static class TableRemoval
{
    /// <returns>False if there was no table.</returns>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public static bool Remove(INftables nftables)
    {
        if (nftables.Read(Renderer.TableName) is null)
            return false;
        nftables.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
        return true;
    }
}
