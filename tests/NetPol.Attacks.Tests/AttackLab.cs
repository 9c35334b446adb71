using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;
using static NetPol.Testing.Clusters.Make;
using Rule = NetPol.Nftables.Rule;

namespace NetPol.Attacks.Tests;

/// <summary>
/// Node n1 with the pods a (the attacker), b (the victim) and c, node n2 with pod d, and a host outside, in both address families. b is reached by c at UDP port 80 only;
/// a may send to c only.
/// </summary>
internal sealed class AttackLab : IDisposable
{
    public const ushort AllowedPort = 80;
    private const string Sentinel = "the last packet";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    // The hardware addresses of every link of a lab.
    private static readonly byte[] NodeSide = [2, 0, 0, 0, 0, 1];
    private static readonly byte[] PodSide = [2, 0, 0, 0, 0, 2];
    private static readonly byte[] EtherIpv4 = [0x08, 0x00];
    private static readonly byte[] EtherIpv6 = [0x86, 0xdd];
    private static int _made;

    private readonly LabNetwork _network;
    private readonly bool _v6;

    /// <param name="v6">The family of the addresses.</param>
    /// <param name="policies">Besides those that every lab has.</param>
    /// <param name="without">A part of <c>CHAIN: RULE</c>: every rule that has it is left out of the kernel's table.</param>
    /// <param name="host">What the rules know of the node's network besides its uplink; null for nothing.</param>
    /// <param name="reported">Makes the cluster that the API server reports from the whole cluster. Null for the whole cluster.</param>
    public AttackLab(
        bool v6, IEnumerable<Policy> policies, string? without = null, Func<HostNetwork, HostNetwork>? host = null, Func<ClusterSnapshot, ClusterSnapshot>? reported = null)
    {
        _v6 = v6;
        TestRequirements.Kernel();
        _network = LabNetwork.Create(Topology(), $"attack{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        var cluster = Cluster([.. Everyday(), .. policies]);
        Rules = PolicyCompiler.Compile(reported is null ? cluster : reported(cluster));
        foreach (var rules in Rules)
            _network.Node(rules.Node).Run(() => Load(rules, without, host));
    }

    public ValueArray<NetPol.Model.RuleSets.NodeRuleSet> Rules { get; }

    /// <summary>Returns the cluster before the API server reports the addresses of a, which is an unready pod then.</summary>
    public static ClusterSnapshot BeforeAddressOfA(ClusterSnapshot cluster) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods.Where(p => p.Id.Name != "a"), cluster.Nodes, cluster.Policies);

    public IPAddress A => Of("10.1.0.1", "fd10::1");

    public IPAddress B => Of("10.1.0.2", "fd10::2");

    public IPAddress C => Of("10.1.0.3", "fd10::3");

    public IPAddress D => Of("10.2.0.4", "fd20::4");

    public IPAddress Outside => Of("203.0.113.7", "2001:db8::7");

    public IPAddress Node => Of("192.168.7.1", "fd07::1");

    public IPAddress OtherNode => Of("192.168.7.2", "fd07::2");

    /// <summary>Runs inside the network namespace of a pod (a, b, c, d), of a node (n1, n2) or of the host outside (ext).</summary>
    public T In<T>(string where, Func<T> inside) => where switch
    {
        "n1" or "n2" => _network.Node(where).Run(inside),
        _ => _network.RunInPod($"shop/{where}", inside),
    };

    /// <summary>Runs commands of <c>ip</c> in a namespace.</summary>
    public void Ip(string where, params string[] commands) => In(where, () => Feed("ip", "-batch", string.Join('\n', commands)));

    /// <summary>Adds an address to a link and waits until the kernel delivers packets to it.</summary>
    public void AddAddress(string where, IPAddress address, int prefixLength, string linkName) => In(where, () =>
    {
        using var routes = RouteSocket.Open();
        var link = routes.GetLink(linkName).Index;
        routes.AddAddress(link, address, prefixLength);
        Assert.IsTrue(SpinWait.SpinUntil(() => routes.IsLocal(address, link), Timeout), $"the kernel added no local route for {address} in {where} within {Timeout.TotalSeconds} s");
        return true;
    });

    /// <summary>Loads nftables text in a namespace.</summary>
    public void Nft(string where, string rules) => In(where, () => Feed("nft", "-f", rules));

    /// <summary>The name of the link of a pod on its node.</summary>
    public string LinkOf(string pod) => $"pod{_network.Topology.Pods.TakeWhile(p => !string.Equals(p.Id, $"shop/{pod}", StringComparison.Ordinal)).Count() + 1}";

    /// <summary>The packets that a counter of n1 has counted.</summary>
    public ulong Counted(string counter) => In("n1", () =>
    {
        using var kernel = KernelNftables.Open();
        return kernel.ReadCounters(Renderer.TableName).Single(c => string.Equals(c.Name, counter, StringComparison.Ordinal)).Packets;
    });

    /// <summary>Sends packets as they are from a namespace, all from one thread.</summary>
    public void Send(string from, params byte[][] packets)
    {
        using var socket = In(from, () => new Socket(Family, SocketType.Raw, ProtocolType.Raw));
        foreach (var packet in packets)
            socket.SendTo(packet, new IPEndPoint(new IPAddress(_v6 ? packet.AsSpan(24, 16) : packet.AsSpan(16, 4)), 0));
    }

    /// <summary>Sends packets by the pod's link, also those that the pod's own kernel would not put there.</summary>
    public void SendByLink(string from, params byte[][] packets)
    {
        var (socket, link) = In(from, () =>
        {
            using var routes = RouteSocket.Open();
            return (new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Raw), routes.GetLink("eth0").Index);
        });
        using (socket)
        {
            foreach (var packet in packets)
            {
                byte[] frame = [.. NodeSide, .. PodSide, .. packet[0] >> 4 == 6 ? EtherIpv6 : EtherIpv4, .. packet];
                socket.SendTo(frame, new LinkEndPoint(link));
            }
        }
    }

    /// <summary>
    /// Whether a packet comes to a namespace: one whose bytes behind the IP header are <paramref name="wanted"/>. A packet of c, which is sent after the attack and
    /// takes the same way, says that nothing more will come.
    /// </summary>
    public bool Arrives(string at, byte protocol, Action attack, Func<byte[], bool> wanted)
    {
        var address = AddressOf(at);
        using var sniffer = In(at, () => RawSocket.Open(Family, protocol));
        using var last = In(at, () => Bound(address, AllowedPort));
        sniffer.ReceiveBufferSize = 1 << 20;
        attack();
        using var honest = In("c", () => Bound(C, 0));
        honest.SendTo(Encoding.ASCII.GetBytes(Sentinel), new IPEndPoint(address, AllowedPort));
        AwaitSentinel(last, at);
        var room = new byte[65536];
        sniffer.Blocking = false;
        while (sniffer.Available > 0)
        {
            var received = room.AsSpan(0, sniffer.Receive(room));
            if (wanted(received[(_v6 ? 0 : (received[0] & 0xf) * 4)..].ToArray()))
                return true;
        }
        return false;
    }

    /// <summary>As the other one; the packet has the text somewhere.</summary>
    public bool Arrives(string at, byte protocol, Action attack, string text = "ATTACK") =>
        Arrives(at, protocol, attack, bytes => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0);

    public void Dispose() => _network.Dispose();

    private AddressFamily Family => _v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    private static void AwaitSentinel(Socket last, string at)
    {
        var room = new byte[65536];
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var left = Timeout - waited.Elapsed;
            if (left <= TimeSpan.Zero || !last.Poll(left, SelectMode.SelectRead))
                Assert.Fail($"the packet that c sent after the attack did not come to {at} within {Timeout.TotalSeconds} s");
            if (Encoding.ASCII.GetString(room, 0, last.Receive(room)) == Sentinel)
                return;
        }
    }

    private IPAddress AddressOf(string where) => where switch
    {
        "a" => A,
        "b" => B,
        "c" => C,
        "d" => D,
        "ext" => Outside,
        "n1" => Node,
        "n2" => OtherNode,
        _ => throw new ArgumentOutOfRangeException(nameof(where), where, "the lab has no such place"),
    };

    private Socket Bound(IPAddress address, ushort port)
    {
        var socket = new Socket(Family, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    private IPAddress Of(string v4, string v6) => IPAddress.Parse(_v6 ? v6 : v4);

    private static ValueArray<IpAddress> Both(string v4, string v6) => [Address(v4), Address(v6)];

    private static IPAddress[] Places(string v4, string v6) => [IPAddress.Parse(v4), IPAddress.Parse(v6)];

    private static bool Load(NetPol.Model.RuleSets.NodeRuleSet rules, string? without, Func<HostNetwork, HostNetwork>? host)
    {
        using var routes = RouteSocket.Open();
        var network = new HostNetwork { Uplinks = [routes.GetLink("core").Index] };
        var table = Renderer.Render(rules, host: host is null ? network : host(network));
        if (without is not null)
            table = new(table.Name, table.Comment, table.Counters.Values, table.Sets.Values, table.Chains.Values.Select(c => new ChainState(c.Chain, c.Rules.Where(r => !IsLeftOut(c, r)))));
        using var kernel = KernelNftables.Open();
        kernel.Commit(TableDiff.Between(null, table));
        return true;

        bool IsLeftOut(ChainState chain, Rule rule) => $"{chain.Chain.Name}: {rule}".Contains(without, StringComparison.Ordinal);
    }

    private static LabTopology Topology() => new(
        [new("n1", Places("192.168.7.1", "fd07::1")), new("n2", Places("192.168.7.2", "fd07::2")), new("outside", [])],
        [
            new("shop/a", "n1", Places("10.1.0.1", "fd10::1"), []),
            new("shop/b", "n1", Places("10.1.0.2", "fd10::2"), []),
            new("shop/c", "n1", Places("10.1.0.3", "fd10::3"), []),
            new("shop/d", "n2", Places("10.2.0.4", "fd20::4"), []),
            // Outside is a node of its own, so that commands can run there.
            new("shop/ext", "outside", Places("203.0.113.7", "2001:db8::7"), []),
        ],
        []);

    private static ClusterSnapshot Cluster(Policy[] policies) => ClusterSnapshot.Create(
        [new("shop", Labels("kubernetes.io/metadata.name=shop"))],
        [
            Pod("a", "n1", Both("10.1.0.1", "fd10::1")), Pod("b", "n1", Both("10.1.0.2", "fd10::2")), Pod("c", "n1", Both("10.1.0.3", "fd10::3")),
            Pod("d", "n2", Both("10.2.0.4", "fd20::4")),
        ],
        [
            new("n1", NetPol.Model.Labels.None, Both("192.168.7.1", "fd07::1"), [Cidr.Parse("10.1.0.0/24"), Cidr.Parse("fd10::/64")]),
            new("n2", NetPol.Model.Labels.None, Both("192.168.7.2", "fd07::2"), [Cidr.Parse("10.2.0.0/24"), Cidr.Parse("fd20::/64")]),
        ],
        policies);

    private static Policy[] Everyday() =>
    [
        NetworkPolicy("shop/b", "pod=b", ingress: [Allow(PodsIn("shop", "pod=c"), $"{AllowedPort}/UDP")]),
        NetworkPolicy("shop/a", "pod=a", egress: [Allow(PodsIn("shop", "pod=c"))]),
    ];

    private static Pod Pod(string name, string node, ValueArray<IpAddress> addresses) => new(
        new("shop", name), Labels($"pod={name}"), node, addresses, [], HostNetwork: false, Finished: false);

    private static bool Feed(string tool, string option, string text)
    {
        using var run = Process.Start(new ProcessStartInfo(tool, [option, "-"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        run.StandardInput.Write(text);
        run.StandardInput.Close();
        run.WaitForExit();
        Assert.AreEqual(0, run.ExitCode, $"{tool} refused what the test asks for:\n{text}");
        return true;
    }
}

/// <summary>Tries an attack twice: with all rules, and without the rule that stops it, to see that it would succeed.</summary>
internal static class Attack
{
    /// <param name="v6">The family of the addresses.</param>
    /// <param name="policies">Besides those that every lab has.</param>
    /// <param name="stoppedBy">A part of <c>CHAIN: RULE</c> of the rules that stop it.</param>
    /// <param name="counter">The counter of n1 that counts the attack; null where a policy's decision does.</param>
    /// <param name="succeeds">Tries the attack and says whether it got through.</param>
    /// <param name="host">What the rules know of the node's network besides its uplink.</param>
    public static void Fails(bool v6, Policy[] policies, string stoppedBy, string? counter, Func<AttackLab, bool> succeeds, Func<HostNetwork, HostNetwork>? host = null)
    {
        using (var guarded = new AttackLab(v6, policies, host: host))
        {
            Assert.IsFalse(succeeds(guarded), "the attack got through");
            if (counter is not null)
                Assert.IsGreaterThan(0UL, guarded.Counted(counter), $"counter {counter}");
        }
        using var open = new AttackLab(v6, policies, stoppedBy, host);
        Assert.IsTrue(succeeds(open), $"the attack fails without the rules \"{stoppedBy}\" too, so this test shows nothing of them");
    }
}
