using NetPol.Agent.Enforcing;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Bridging;

/// <summary>What the guard of bridges speaks to the kernel by, in the network namespace of the thread that opened it.</summary>
internal sealed record BridgeSockets(KernelNftables Nftables, BridgePortReader Ports, RouteMonitor Links, KernelTableWatch Table) : IDisposable
{
    /// <exception cref="NetlinkException">The kernel has no nfnetlink, or is older than 4.20.</exception>
    public static BridgeSockets Open()
    {
        List<IDisposable> opened = [];
        try
        {
            var nftables = Opened(KernelNftables.Open(TableFamily.Bridge));
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

/// <summary>
/// Has the table of the bridge family put right when links, rules or the table itself change, and every <see cref="Resync"/>: no message says that a pod's namespace
/// has another address. After each round it rests, see <see cref="Rest"/>.
/// </summary>
internal sealed class BridgeGuard(Enforcer enforcer, BridgeTrigger trigger, BridgeCoverage coverage, AgentOptions options, Func<BridgeSockets> open, TimeProvider time, ILogger<BridgeGuard> log) : BackgroundService
{
    /// <summary>The longest time between two looks.</summary>
    internal static readonly TimeSpan Resync = TimeSpan.FromSeconds(10);

    /// <summary>The time between two looks while something is wrong or a port is not known.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // The waits are the kernel's, so they have threads of their own.
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
            var bridges = new BridgeEnforcer(enforcer, sockets.Nftables, sockets.Ports.Read, new(options.UnlimitedBridgePorts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)), coverage, log);
            await Task.WhenAll(Start(() => Guard(bridges, sockets.Links, stoppingToken)), Start(() => Hear(sockets, stoppingToken)));
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
            coverage.Description = coverage.Description with { Uncovered = error.Message };
            Log.BridgeUncovered(log, error.Message);
            return null;
        }
    }

    private static Task Start(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Hear(BridgeSockets sockets, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            if (sockets.Table.WaitForChange() is not null)
                sockets.Links.Wake();
        }
    }

    private void Guard(BridgeEnforcer bridges, RouteMonitor links, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var isRight = bridges.Reconcile() && coverage.Description.Unknown == 0;
            stopping.WaitHandle.WaitOne(Rest.After(time.GetElapsedTime(started)));
            Wait(links, isRight ? Resync : Retry);
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
            Log.BridgeUncovered(log, $"changes of links are not heard, they are read every {Resync.TotalSeconds:0} s: {error.Message}");
        }
    }
}
