using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Bridges;

/// <summary>
/// Reconciles the table of the bridge family when links, rules or the table itself change, and every <see cref="ResyncInterval"/>: the kernel sends no message when a pod's
/// namespace gets another address. It pauses after each reconciliation, see <see cref="DutyCycle"/>.
/// </summary>
internal sealed class BridgeReconciler(NftablesDataplane dataplane, BridgeTrigger trigger, BridgeCoverage coverage, AgentOptions options, Func<BridgeSockets> open, TimeProvider time, ILogger<BridgeReconciler> log) : BackgroundService
{
    /// <summary>The longest time between two reconciliations.</summary>
    internal static readonly TimeSpan ResyncInterval = TimeSpan.FromSeconds(10);

    /// <summary>The time between two reconciliations after an error, or while a port is unknown.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // The waits block in the kernel, so each needs its own thread.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (TryOpen() is not { } sockets)
            return;
        using var closing = sockets;
        using var wakeLinks = stoppingToken.Register(sockets.Links.Wake);
        using var wakeTable = stoppingToken.Register(sockets.Table.Wake);
        trigger.Attach(sockets.Links);
        try
        {
            var bridges = new BridgeDataplane(dataplane, sockets.Nftables, sockets.Ports.Read, new(options.TrustedBridgePorts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)), coverage, log);
            await Task.WhenAll(Start(() => ReconcileLoop(bridges, sockets.Links, stoppingToken)), Start(() => WatchTable(sockets, stoppingToken)));
        }
        finally
        {
            trigger.Detach();
        }
    }

    private BridgeSockets? TryOpen()
    {
        try
        {
            return open();
        }
        catch (NetlinkException error)
        {
            coverage.Description = coverage.Description with { Error = error.Message };
            Log.BridgesUnprotected(log, error.Message);
            return null;
        }
    }

    private static Task Start(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void WatchTable(BridgeSockets sockets, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (sockets.Table.WaitForChange() is not null)
                sockets.Links.Wake();
        }
    }

    private void ReconcileLoop(BridgeDataplane bridges, RouteMonitor links, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var isComplete = bridges.Reconcile() && coverage.Description.UnknownPorts == 0;
            stopping.WaitHandle.WaitOne(DutyCycle.PauseAfter(time.GetElapsedTime(started)));
            Wait(links, isComplete ? ResyncInterval : RetryInterval);
        }
    }

    private void Wait(RouteMonitor links, TimeSpan longest)
    {
        try
        {
            links.Wait(longest);
        }
        catch (NetlinkException error)
        {
            Log.BridgesUnprotected(log, $"cannot receive changes of links, so the agent reads the links every {ResyncInterval.TotalSeconds:0} s: {error.Message}");
        }
    }
}

/// <summary>The sockets of the bridge reconciler, in the network namespace of the thread that opened them.</summary>
internal sealed record BridgeSockets(KernelNftables Nftables, BridgePortReader Ports, RouteMonitor Links, TableMonitor Table) : IDisposable
{
    /// <param name="nftables">Changes the table. The result disposes it, also when an exception is thrown.</param>
    /// <exception cref="NetlinkException">The kernel is older than 4.20.</exception>
    public static BridgeSockets Open(KernelNftables nftables)
    {
        List<IDisposable> opened = [nftables];
        try
        {
            return new(nftables, Opened(BridgePortReader.Open()), Opened(RouteMonitor.Open()), Opened(nftables.Watch(BridgeTable.TableName)));
        }
        catch
        {
            opened.ForEach(o => o.Dispose());
            throw;
        }

        T Opened<T>(T socket)
            where T : IDisposable
        {
            opened.Add(socket);
            return socket;
        }
    }

    public void Dispose()
    {
        Table.Dispose();
        Links.Dispose();
        Ports.Dispose();
        Nftables.Dispose();
    }
}

/// <summary>Wakes the bridge reconciler when the rules change. Does nothing while no monitor is attached: some kernels have no bridge family.</summary>
internal sealed class BridgeTrigger : IRuleSetObserver
{
    private volatile RouteMonitor? _monitor;

    public void OnRulesProgrammed(NodeRuleSetDelta? change) => _monitor?.Wake();

    /// <summary>Wakes this monitor from now on, until it is detached.</summary>
    public void Attach(RouteMonitor monitor) => _monitor = monitor;

    public void Detach() => _monitor = null;
}
