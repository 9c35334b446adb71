using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.NetworkInformation;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Bridges;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Namespaces;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Bridges;

/// <summary>
/// A node whose bridge <c>cni0</c> has pods as ports, and an uplink that leads to a router. The table of the bridge family alone limits what they send.
/// </summary>
internal sealed class BridgeLab : IDisposable
{
    public const string Uplink = "uplink0";
    private const string BridgeName = "cni0";
    private static readonly ServiceProvider Services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static int _made;

    private readonly string _prefix = $"brl{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
    private readonly Dictionary<string, NetworkNamespace> _spaces = new(StringComparer.Ordinal);
    private readonly BridgeSockets _sockets;
    private readonly RouteSocket _links;
    private readonly int _bridge;
    private readonly BridgeDataplane _bridges;
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("n1");
    private ulong _generation;

    private readonly BridgeTrigger _trigger = new();

    public BridgeLab()
    {
        TestRequirements.Kernel();
        Node = AddSpace("node");
        _links = Node.Run(RouteSocket.Open);
        _links.AddBridge(BridgeName);
        _bridge = _links.GetLink(BridgeName).Index;
        _links.SetUp(_bridge);
        foreach (var address in Addresses(254))
            _links.AddAddress(_bridge, address, PrefixLength(address));
        AddPort("router", Uplink, []);
        _sockets = Node.Run(OpenSockets);
        Dataplane = new("n1", new FakeNftables(), TestAgentStatus.New(), TimeProvider.System, Log, [_trigger]);
        _bridges = new(Dataplane, _sockets.Nftables, _sockets.Ports.Read, new([Uplink]), Coverage, Log);
        Apply(_rules with { PodCidrs = [Cidr.Parse("10.9.0.0/24"), Cidr.Parse("fd09::/64")] });
    }

    public NetworkNamespace Node { get; }

    public NftablesDataplane Dataplane { get; }

    public BridgeCoverage Coverage { get; } = new(Services.GetRequiredService<IMeterFactory>());

    public LineLog<BridgeReconciler> Log { get; } = new();

    /// <summary>The addresses of a pod: <c>10.9.0.N</c> and <c>fd09::N</c>; the node has those of 254.</summary>
    public static IPAddress[] Addresses(byte number) => [IPAddress.Parse($"10.9.0.{number}"), IPAddress.Parse($"fd09::{number:x}")];

    /// <summary>Adds a pod that the controller does not know yet. Its port has the same name.</summary>
    public void AddPod(string name, byte number) => AddPort(name, name, Addresses(number));

    public void RemovePod(string name)
    {
        _links.DeleteLink(_links.GetLink(name).Index);
        _spaces.Remove(name, out var space);
        space!.Dispose();
        NetworkNamespace.Delete(space.Name);
    }

    /// <summary>Runs inside a pod, or inside the router.</summary>
    public T In<T>(string name, Func<T> inside) => _spaces[name].Run(inside);

    /// <summary>The hardware address of what a port leads to.</summary>
    public PhysicalAddress HardwareOf(string name) => In(name, () =>
    {
        using var links = RouteSocket.Open();
        return links.GetLink("eth0").Address;
    });

    /// <summary>The link-local address that the kernel gave what a port leads to.</summary>
    public IPAddress LinkLocalOf(string name) => In(name, () =>
    {
        using var links = RouteSocket.Open();
        return links.ListAddresses().Select(a => a.Address).Single(a => a.IsIPv6LinkLocal);
    });

    public FrameSocket Frames(string name) => In(name, () =>
    {
        using var links = RouteSocket.Open();
        return FrameSocket.Open(links.GetLink("eth0").Index);
    });

    /// <summary>Sets the pods that the controller knows, and reconciles the table.</summary>
    public void Know(params byte[] numbers)
    {
        Apply(_rules with { ReadyPods = numbers.SelectMany(Addresses).Select(a => IpAddress.FromBytes(a.GetAddressBytes())).Order().ToValueArray() });
        Assert.IsTrue(Reconcile(), Coverage.Description.Error);
    }

    /// <summary>Grants networks to a pod, and reconciles the table.</summary>
    public void Grant(byte number, params string[] networks)
    {
        Apply(_rules with
        {
            GrantedSources = Addresses(number).SelectMany(_ => networks, (a, n) => new GrantedSource(IpAddress.FromBytes(a.GetAddressBytes()), Cidr.Parse(n))).Order().ToValueArray(),
        });
        Assert.IsTrue(Reconcile(), Coverage.Description.Error);
    }

    /// <summary>Isolates a pod by a policy, and reconciles the table.</summary>
    public void Isolate(byte number)
    {
        var decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "closed")]);
        var portPolicy = new PortPolicy([], decision.Id);
        Apply(_rules with
        {
            Decisions = [decision],
            PortPolicies = [portPolicy],
            PodIngress = new() { Defaults = Addresses(number).Select(a => new SubjectPortPolicy(IpAddress.FromBytes(a.GetAddressBytes()), portPolicy.Id)).OrderBy(r => r.Subject).ToValueArray() },
        });
        Assert.IsTrue(Reconcile(), Coverage.Description.Error);
    }

    public void Apply(NodeRuleSet rules)
    {
        Dataplane.Apply(new(_generation + 1, _generation, null), NodeRuleSetDelta.Between(_rules, rules));
        (_rules, _generation) = (rules, _generation + 1);
    }

    public bool Reconcile() => _bridges.Reconcile();

    /// <summary>Takes all limits away until the next <see cref="Reconcile"/>.</summary>
    public void Open() => Node.Run(() => LabCommands.Nft("delete table bridge netpol"));

    public ulong Count(string counter) => _sockets.Nftables.ReadCounters(BridgeTable.TableName).Single(c => string.Equals(c.Name, counter, StringComparison.Ordinal)).Packets;

    public Nftables.TableState? Table() => _sockets.Nftables.Read(BridgeTable.TableName);

    public BridgeReconciler Guard() => new(Dataplane, _trigger, Coverage, new() { Node = "n1", Controller = "none", TrustedBridgePorts = Uplink }, () => Node.Run(OpenSockets), TimeProvider.System, Log);

    /// <summary>Other programs can change the table, as on kernels without owned tables.</summary>
    private static BridgeSockets OpenSockets() => BridgeSockets.Open(KernelNftables.Open(TableFamily.Bridge));

    public void Dispose()
    {
        _sockets.Dispose();
        _links.Dispose();
        Log.Dispose();
        foreach (var space in _spaces.Values)
        {
            space.Dispose();
            NetworkNamespace.Delete(space.Name);
        }
    }

    private static int PrefixLength(IPAddress address) => address.GetAddressBytes().Length == 4 ? 24 : 64;

    private NetworkNamespace AddSpace(string name)
    {
        var space = NetworkNamespace.Create($"{_prefix}-{name}");
        _spaces.Add(name, space);
        space.Run(() =>
        {
            // A link-local address works at once: nothing waits for the detection of duplicates.
            File.WriteAllText("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
            using var links = RouteSocket.Open();
            links.SetUp(links.GetLink("lo").Index);
        });
        return space;
    }

    private void AddPort(string name, string port, IPAddress[] addresses)
    {
        var space = AddSpace(name);
        _links.AddVeth(port, "eth0", space);
        var link = _links.GetLink(port).Index;
        _links.SetMaster(link, _bridge);
        _links.SetUp(link);
        space.Run(() =>
        {
            using var links = RouteSocket.Open();
            var eth0 = links.GetLink("eth0").Index;
            links.SetUp(eth0);
            foreach (var address in addresses)
                links.AddAddress(eth0, address, PrefixLength(address));
            // The kernel gives it as soon as the link has a carrier, which it finds out in its own time.
            var started = Stopwatch.GetTimestamp();
            while (!links.ListAddresses().Any(a => a.Link == eth0 && a.Address.IsIPv6LinkLocal))
            {
                if (Stopwatch.GetElapsedTime(started) > Timeout)
                    Assert.Fail($"waited {Timeout.TotalSeconds} s for a link-local address of {name}");
                Thread.Yield();
            }
        });
    }
}
