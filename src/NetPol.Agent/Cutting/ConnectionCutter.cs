using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Model;
using NetPol.Netlink;
using NetPol.Rendering;

namespace NetPol.Agent.Cutting;

/// <summary>
/// Judges established connections again after the rules have changed, and cuts those that are forbidden now; every <see cref="MidstreamInterval"/> besides those that the
/// kernel picked up in the middle. After each look it rests, see <see cref="Rest"/>; changes that come meanwhile are looked at together.
/// </summary>
internal sealed class ConnectionCutter(Enforcer enforcer, KernelConnections kernel, SuspectQueue queue, AgentState state, TimeProvider time, ILogger<ConnectionCutter> log) : BackgroundService
{
    /// <summary>How often TCP connections are looked for that the kernel has picked up in the middle.</summary>
    internal static readonly TimeSpan MidstreamInterval = TimeSpan.FromSeconds(30);

    private readonly OneTrouble _trouble = new();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(CutAsync(stoppingToken), SuspectMidstreamAsync(stoppingToken));

    private async Task CutAsync(CancellationToken stoppingToken)
    {
        while (await queue.WaitAsync(stoppingToken))
        {
            var started = time.GetTimestamp();
            TryCut();
            await Task.Delay(Rest.After(time.GetElapsedTime(started)), time, stoppingToken);
        }
    }

    // No change of the rules announces that the kernel picks a connection up.
    private async Task SuspectMidstreamAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MidstreamInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (enforcer.Rules is not null)
                queue.AddMidstream();
        }
    }

    private void TryCut()
    {
        var suspects = queue.Take();
        try
        {
            Cut(suspects);
            _trouble.IsOver();
        }
        catch (NetlinkException error)
        {
            if (_trouble.Is(error.Message))
                Log.NotCut(log, error.Message);
            queue.Return(suspects);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (_trouble.Is(error.Message))
                Log.Unexpected(log, "to judge established connections again", error);
            queue.Return(suspects);
        }
    }

    private void Cut(Suspects suspects)
    {
        var started = time.GetTimestamp();
        var forbidden = ForbiddenConnections.Among(kernel, suspects, () => enforcer.Rules!);
        var cut = 0;
        try
        {
            foreach (var connection in kernel.Cut(forbidden, Full))
                cut += connection.IsOver ? 0 : 1;
        }
        finally
        {
            if (cut > 0)
            {
                state.Cut(cut);
                Log.Cut(log, cut, time.GetElapsedTime(started).TotalMilliseconds);
            }
        }
    }

    private void Full(IpFamily family)
    {
        state.CutFull();
        Log.CutFull(log, CutLayout.MostFlows, family == IpFamily.V4 ? "IPv4" : "IPv6", CutLayout.LongestTime.TotalMinutes);
    }
}
