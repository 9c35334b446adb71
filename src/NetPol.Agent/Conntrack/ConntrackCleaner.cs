using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Model.Net;
using NetPol.Netlink;
using NetPol.Rendering;

namespace NetPol.Agent.Conntrack;

/// <summary>
/// Evaluates established connections again after the rules have changed, and removes those that are forbidden now. Every <see cref="MidstreamInterval"/> it also evaluates the
/// connections that the kernel picked up in the middle. After each pass it pauses, see <see cref="DutyCycle"/>. The next pass handles all changes that came meanwhile.
/// </summary>
internal sealed class ConntrackCleaner(NftablesDataplane dataplane, ConntrackTable kernel, AffectedEndpointQueue queue, AgentStatus state, TimeProvider time, ILogger<ConntrackCleaner> log) : BackgroundService
{
    /// <summary>The time between two searches for TCP connections that the kernel picked up in the middle.</summary>
    internal static readonly TimeSpan MidstreamInterval = TimeSpan.FromSeconds(30);

    private readonly ErrorLogThrottle _failure = new();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(CleanAsync(stoppingToken), CheckMidstreamAsync(stoppingToken));

    private async Task CleanAsync(CancellationToken stoppingToken)
    {
        while (await queue.WaitAsync(stoppingToken))
        {
            var started = time.GetTimestamp();
            TryClean();
            await Task.Delay(DutyCycle.PauseAfter(time.GetElapsedTime(started)), time, stoppingToken);
        }
    }

    // The kernel can pick up a connection without a change of the rules.
    private async Task CheckMidstreamAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MidstreamInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (dataplane.ProgrammedRules is not null)
                queue.AddMidstream();
        }
    }

    private void TryClean()
    {
        var affectedEndpoints = queue.TakeAll();
        try
        {
            Clean(affectedEndpoints);
            _failure.Clear();
        }
        catch (NetlinkException error)
        {
            if (_failure.IsNew(error.Message))
                Log.StaleConnectionsNotRemoved(log, error.Message);
            queue.Requeue(affectedEndpoints);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (_failure.IsNew(error.Message))
                Log.UnexpectedError(log, "to evaluate established connections again", error);
            queue.Requeue(affectedEndpoints);
        }
    }

    private void Clean(AffectedEndpoints affectedEndpoints)
    {
        var started = time.GetTimestamp();
        var stale = StaleConnectionFinder.Find(kernel, affectedEndpoints, () => dataplane.ProgrammedRules!);
        var removed = 0;
        try
        {
            foreach (var connection in kernel.Remove(stale, OnOverflow))
                removed += connection.IsClosed ? 0 : 1;
        }
        finally
        {
            if (removed > 0)
            {
                state.CountStaleConnections(removed);
                Log.StaleConnectionsRemoved(log, removed, time.GetElapsedTime(started).TotalMilliseconds);
            }
        }
    }

    private void OnOverflow(IpFamily family)
    {
        state.CountStaleConnectionOverflow();
        Log.StaleConnectionOverflow(log, StaleFlowChain.MaxFlows, family == IpFamily.V4 ? "IPv4" : "IPv6", StaleFlowChain.MaxAge.TotalMinutes);
    }
}
