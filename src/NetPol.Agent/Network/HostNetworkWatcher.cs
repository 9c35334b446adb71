using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>
/// Reads the node's network before the first rules are enforced, and again after each change of links, addresses, routes or local pods, and hands the
/// result to the enforcer, and the node's own addresses to who reports them. Some tunnels change without a message of the kernel, such as the port of a WireGuard device, so it also reads once a minute.
/// After each read it rests, see <see cref="Rest"/>.
/// </summary>
internal sealed class HostNetworkWatcher(
    Enforcer enforcer, KernelNetwork kernel, RouteMonitor monitor, LocalAddresses addresses, AgentState state, TimeProvider time, ILogger<HostNetworkWatcher> log) : BackgroundService
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly OneTrouble _trouble = new();
    private HostNetwork _last = HostNetwork.Unknown;
    private bool _isRefused;

    /// <summary>Returns when the network has been read once, so that services that start later can rely on it.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        TryUpdate();
        return base.StartAsync(cancellationToken);
    }

    // The wait is the kernel's, so it has a thread of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Watch(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Watch(CancellationToken stopping)
    {
        using var wake = stopping.Register(monitor.Wake);
        while (!stopping.IsCancellationRequested)
        {
            WaitForChange();
            var started = time.GetTimestamp();
            stopping.WaitHandle.WaitOne(TryUpdate() ? Rest.After(time.GetElapsedTime(started)) : RetryPause);
        }
    }

    private void WaitForChange()
    {
        // After a failure the next read is not put off.
        if (_trouble.Message is not null)
            return;
        try
        {
            monitor.Wait(LongestWait);
        }
        catch (Exception error) when (error is NetlinkException or NetlinkFormatException)
        {
            Failed(error);
        }
    }

    /// <returns>Whether the rules are those for the node's network of now.</returns>
    private bool TryUpdate()
    {
        try
        {
            var network = kernel.Read();
            addresses.Take(LocalAddresses.Of(network.Routes, network.Links));
            var host = HostNetworks.Of(network, enforcer.Rules);
            Enforce(host);
            Tell(HostNetworks.Describe(network, host), isChanged: !host.Equals(_last));
            _last = host;
            _trouble.IsOver();
            return true;
        }
        catch (Exception error) when (error is NetlinkException or NetlinkFormatException)
        {
            Failed(error);
            return false;
        }
    }

    private void Enforce(HostNetwork host)
    {
        // What the kernel refused last time is left for a repair; handing over the same network again would change nothing.
        if (_isRefused)
            enforcer.Repair();
        _isRefused = true;
        enforcer.SetHost(host);
        _isRefused = false;
    }

    private void Tell(HostNetworkSummary summary, bool isChanged)
    {
        state.Host(summary);
        if (isChanged)
            Log.HostNetwork(log, string.Join(' ', summary.Uplinks), string.Join(' ', summary.Tunnels));
    }

    private void Failed(Exception error)
    {
        state.HostUnknown(error.Message);
        if (_trouble.Is(error.Message))
            Log.NoHostNetwork(log, error.Message);
    }
}
