using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>
/// Reads the node's network before the first rules are programmed, and again after each change of links, addresses, routes or local pods. It passes the result to
/// <see cref="NftablesDataplane"/>, and the node's own addresses to <see cref="LocalAddresses"/>. Some tunnels change without a message of the kernel, such as the port of a WireGuard device, so it also
/// reads once a minute. It pauses after each read, see <see cref="DutyCycle"/>.
/// </summary>
internal sealed class HostNetworkWatcher(
    NftablesDataplane dataplane, KernelNetworkReader kernel, RouteMonitor monitor, LocalAddresses addresses, AgentStatus state, TimeProvider time, ILogger<HostNetworkWatcher> log) : BackgroundService
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly ErrorLogThrottle _failure = new();
    private HostNetwork _last = HostNetwork.Unknown;
    private bool _isRefused;

    /// <summary>Returns after the first read, so that services that start later have the network.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        TryUpdate();
        return base.StartAsync(cancellationToken);
    }

    // The wait blocks in the kernel, so it needs its own thread.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Watch(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Watch(CancellationToken stopping)
    {
        using var wake = stopping.Register(monitor.Wake);
        while (!stopping.IsCancellationRequested)
        {
            WaitForChange();
            var started = time.GetTimestamp();
            stopping.WaitHandle.WaitOne(TryUpdate() ? DutyCycle.PauseAfter(time.GetElapsedTime(started)) : RetryPause);
        }
    }

    private void WaitForChange()
    {
        // After an error the next read does not wait for a change.
        if (_failure.Message is not null)
            return;
        try
        {
            monitor.Wait(MaxWait);
        }
        catch (Exception error) when (error is NetlinkException or NetlinkFormatException)
        {
            OnFailure(error);
        }
    }

    /// <returns>Whether the programmed rules match the node's current network.</returns>
    private bool TryUpdate()
    {
        try
        {
            var network = kernel.Read();
            addresses.Update(LocalAddresses.FromRoutes(network.Routes, network.Links));
            var host = HostNetworkBuilder.Build(network, dataplane.ProgrammedRules);
            Program(host);
            ReportSummary(HostNetworkBuilder.Summarize(network, host), isChanged: !host.Equals(_last));
            _last = host;
            _failure.Clear();
            return true;
        }
        catch (Exception error) when (error is NetlinkException or NetlinkFormatException)
        {
            OnFailure(error);
            return false;
        }
    }

    private void Program(HostNetwork host)
    {
        // If the kernel refused the last network, only a resync can complete it: setting the same network again changes nothing.
        if (_isRefused)
            dataplane.Resync();
        _isRefused = true;
        dataplane.SetHostNetwork(host);
        _isRefused = false;
    }

    private void ReportSummary(HostNetworkSummary summary, bool isChanged)
    {
        state.SetHostNetwork(summary);
        if (isChanged)
            Log.HostNetwork(log, string.Join(' ', summary.Uplinks), string.Join(' ', summary.Tunnels));
    }

    private void OnFailure(Exception error)
    {
        state.MarkHostNetworkUnreadable(error.Message);
        if (_failure.IsNew(error.Message))
            Log.HostNetworkUnreadable(log, error.Message);
    }
}

/// <summary>Starts a new read of the node's network when the local pods in the rules change.</summary>
internal sealed class HostNetworkTrigger(RouteMonitor monitor) : IRuleSetObserver
{
    public void OnRulesProgrammed(NodeRuleSetDelta? change)
    {
        if (change is null || ChangesPods(change))
            monitor.Wake();
    }

    private static bool ChangesPods(NodeRuleSetDelta change) =>
        !change.PodCidrs.IsEmpty || !change.ReadyPods.IsEmpty || !change.GrantedSources.IsEmpty || Enum.GetValues<EnforcementPoint>().Any(point => !change.RulesAt(point).Defaults.IsEmpty);
}
