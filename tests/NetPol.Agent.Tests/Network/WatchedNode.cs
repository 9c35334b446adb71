using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Network;
using NetPol.Agent.Status;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Lab;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Conntrack;
using NetPol.Netlink.Routing;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Network;

/// <summary>A node with two pods, whose links change while the watcher runs; all real but the stream.</summary>
internal sealed class WatchedNode : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static int _made;

    private readonly LabNetwork _network;
    private readonly KernelNftables _nftables;

    /// <summary>The same table by another socket: the watcher uses its own at the same time.</summary>
    private readonly KernelNftables _reader;
    private readonly KernelNetworkReader _kernel;
    private readonly RouteMonitor _monitor;
    private readonly RouteSocket _routes;
    private readonly NftablesDataplane _dataplane;
    private readonly AgentStatus _state = TestAgentStatus.New();
    private readonly LineLog<HostNetworkWatcher> _log = new();
    private readonly HostNetworkWatcher _watcher;
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("one");
    private ulong _generation;

    public WatchedNode()
    {
        TestRequirements.Kernel();
        _network = LabNetwork.Create(
            new([new("one", Both(ConntrackLab.Node))], [.. new[] { ConntrackLab.Client, ConntrackLab.Server }.Select(a => new LabPodSpec($"shop/{a}", "one", Both(a), []))], []),
            $"net{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        _nftables = Node.Run(KernelNftables.Open);
        _reader = Node.Run(KernelNftables.Open);
        _kernel = Node.Run(KernelNetworkReader.Open);
        _monitor = Node.Run(RouteMonitor.Open);
        _routes = Node.Run(RouteSocket.Open);
        _dataplane = new("one", _nftables, _state, TimeProvider.System, NullLogger.Instance, [new HostNetworkTrigger(_monitor)]);
        _watcher = new(_dataplane, _kernel, _monitor, Addresses, _state, TimeProvider.System, _log);
    }

    /// <summary>The node's own addresses, for the controller.</summary>
    public LocalAddresses Addresses { get; } = new(NullLogger<LocalAddresses>.Instance);

    public string Uplinks => Names("uplinks");

    public string ClosedToNode => Names("link-local-to-host");

    public string TunnelPorts => string.Join(' ', Keys("tunnel-ports").Select(k => k.Second));

    public (string Uplinks, string Tunnels) Summary => (string.Join(' ', _state.HostNetwork.Uplinks), string.Join(' ', _state.HostNetwork.Tunnels));

    private LabNode Node => _network.Nodes[0];

    public Task StartAsync() => _watcher.StartAsync(CancellationToken.None);

    public void Ip(string arguments) => Node.Run(() => LabCommands.Ip(arguments));

    public void Apply(NodeRuleSet rules)
    {
        _dataplane.Apply(new(_generation + 1, _generation, null), NodeRuleSetDelta.Between(_rules, rules));
        (_rules, _generation) = (rules, _generation + 1);
    }

    /// <summary>How many grants the table has, of both families.</summary>
    public int Grants => Keys("source-grants-4").Count() + Keys("source-grants-6").Count();

    public ulong Spoofed => _reader.ReadCounters(Renderer.TableName).Single(c => string.Equals(c.Name, "spoofed", StringComparison.Ordinal)).Packets;

    /// <summary>Runs <c>ip</c> in the pod <see cref="ConntrackLab.Client"/>.</summary>
    public void IpInGateway(string arguments) => _network.RunInPod($"shop/{ConntrackLab.Client}", () =>
    {
        LabCommands.Ip(arguments);
        return true;
    });

    /// <summary>Sends from an address of the pod <see cref="ConntrackLab.Client"/> to the pod <see cref="ConntrackLab.Server"/>.</summary>
    public Datagrams Datagrams(string source, string server) => new(
        _network.RunInPod($"shop/{ConntrackLab.Client}", () => Bound(source, 0)), _network.RunInPod($"shop/{ConntrackLab.Server}", () => Bound(server, ConntrackLab.Port)), server);

    public void ForgetConnections() => Node.Run(() =>
    {
        using var tracking = ConntrackSocket.Open();
        tracking.DeleteAll();
    });

    /// <summary>Waits for what the kernel does by itself.</summary>
    public async Task AwaitAsync(string what, Func<bool> isSo)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!isSo())
        {
            Assert.IsFalse(timeout.IsCancellationRequested, $"waited {Timeout.TotalSeconds} s until {what}");
            await Task.Yield();
        }
    }

    /// <summary>Waits for what the watcher does; looks whenever it logs.</summary>
    public Task UntilAsync(string what, Func<bool> isSo) => _log.UntilAsync(what, isSo);

    public async ValueTask DisposeAsync()
    {
        await _watcher.StopAsync(CancellationToken.None);
        _watcher.Dispose();
        _monitor.Dispose();
        _kernel.Dispose();
        _routes.Dispose();
        _nftables.Dispose();
        _reader.Dispose();
        _network.Dispose();
        _log.Dispose();
    }

    private static IPAddress[] Both(string address) => [IPAddress.Parse(address), IPAddress.Parse(ConntrackLab.V6(address))];

    private static Socket Bound(string address, int port)
    {
        var local = new IPEndPoint(IPAddress.Parse(address), port);
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(local);
        return socket;
    }

    private string Names(string set)
    {
        var names = _routes.ListLinks().ToDictionary(l => (UInt128)l.Index, l => l.Name);
        return string.Join(' ', Keys(set).Select(k => names.GetValueOrDefault(k.First, "?")).Order(StringComparer.Ordinal));
    }

    private IEnumerable<(UInt128 First, UInt128 Second)> Keys(string set) =>
        _reader.Read(Renderer.TableName)!.Sets[set] is { } state ? state.Elements.Select(e => state.Set.Key.Values(e.First)) : [];
}

/// <summary>Single datagrams from one address to another.</summary>
internal sealed class Datagrams(Socket from, Socket to, string destination) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Whether an unread one has arrived.</summary>
    public bool HasArrived => to.Available > 0;

    public void Send() => from.SendTo([1], new IPEndPoint(IPAddress.Parse(destination), ConntrackLab.Port));

    /// <summary>Waits for one, and reads it.</summary>
    public bool Arrives() => to.Poll(Timeout, SelectMode.SelectRead) && to.Receive(new byte[8]) == 1;

    public void Dispose()
    {
        from.Dispose();
        to.Dispose();
    }
}
