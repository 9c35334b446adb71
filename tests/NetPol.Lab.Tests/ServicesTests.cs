using NetPol.Compiler;
using NetPol.Lab.Probes;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Lab.Tests;

/// <summary>Policies see the pods behind Services, whatever address the client uses, together with the rules of kube-proxy in nftables mode.</summary>
[TestClass]
public sealed class ServicesTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Connections_to_a_Service_are_evaluated_as_those_to_its_pod(bool v6)
    {
        var cluster = new ServiceCluster(v6);
        using var lab = Create(cluster);
        lab.Load(PolicyCompiler.Compile(cluster.Snapshot()));
        ServiceCluster.AssertWays(
            lab, TestContext.CancellationToken,
            ("a friend beside it", cluster.Friend, cluster.Service, 80, true),
            ("a friend on the other node", cluster.FarFriend, cluster.Service, 80, true),
            ("a denied pod", cluster.DeniedPod, cluster.Service, 80, false),
            ("the server itself", cluster.Server, cluster.Service, 80, true),
            ("its own node", cluster.Node, cluster.Service, 80, true),
            ("the other node", cluster.OtherNode, cluster.Service, 80, false),
            ("the host that it lets in, by the node's port", cluster.Guest, cluster.Node, KubeProxyRules.NodePort, true),
            ("another host, by the node's port", cluster.Burglar, cluster.Node, KubeProxyRules.NodePort, false));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_pod_by_its_own_Service_is_subject_to_Admin(bool v6)
    {
        var cluster = new ServiceCluster(v6);
        using var lab = Create(cluster);
        lab.Load(PolicyCompiler.Compile(cluster.Snapshot(Admin("alone", 1, InNamespaces(pods: "role=server"), ingress: [Deny(Pods(pods: "role=server"))]))));
        ServiceCluster.AssertWays(
            lab, TestContext.CancellationToken,
            ("the server itself", cluster.Server, cluster.Service, 80, false),
            ("a friend beside it", cluster.Friend, cluster.Service, 80, true));
    }

    private static PolicyLab Create(ServiceCluster cluster)
    {
        var lab = PolicyLab.Create(cluster.Snapshot(), cluster.Others);
        foreach (var node in (string[])["n1", "n2"])
            LabFactory.Nft(lab.Node(node), cluster.Proxy.Rules);
        return lab;
    }
}

/// <summary>The rules of kube-proxy in nftables mode for a Service with one endpoint (kubernetes pkg/proxy/nftables/README.md): hooks, chains and maps.</summary>
/// <param name="PodCidr">The addresses of the cluster's pods. Other clients of the Service get the node's address as their source.</param>
/// <param name="Service">The cluster IP of the Service; it listens on port 80.</param>
/// <param name="Endpoint">The pod behind the Service; it listens on port 8080.</param>
internal sealed record KubeProxyRules(Cidr PodCidr, IpAddress Service, IpAddress Endpoint)
{
    /// <summary>The node port of the Service.</summary>
    public const ushort NodePort = 30080;

    /// <summary>The rules as input for <c>nft -f</c>.</summary>
    public string Rules
    {
        get
        {
            var (family, type) = Service.Family == IpFamily.V4 ? ("ip", "ipv4_addr") : ("ip6", "ipv6_addr");
            var target = Service.Family == IpFamily.V4 ? $"{Endpoint}:8080" : $"[{Endpoint}]:8080";
            return $$"""
                table {{family}} kube-proxy {
                  chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
                  chain masquerading {
                    meta mark and 0x4000 == 0 return
                    meta mark set meta mark xor 0x4000
                    masquerade fully-random
                  }
                  chain endpoint-server {
                    {{family}} saddr {{Endpoint}} jump mark-for-masquerade
                    meta l4proto tcp dnat to {{target}}
                  }
                  chain service-server {
                    {{family}} daddr {{Service}} tcp dport 80 {{family}} saddr != {{PodCidr}} jump mark-for-masquerade
                    numgen random mod 1 vmap { 0 : goto endpoint-server }
                  }
                  chain external-server {
                    jump mark-for-masquerade
                    goto service-server
                  }
                  map service-ips {
                    type {{type}} . inet_proto . inet_service : verdict
                    elements = { {{Service}} . tcp . 80 : goto service-server }
                  }
                  map service-nodeports {
                    type inet_proto . inet_service : verdict
                    elements = { tcp . {{NodePort}} : goto external-server }
                  }
                  chain services {
                    {{family}} daddr . meta l4proto . th dport vmap @service-ips
                    fib daddr type local meta l4proto . th dport vmap @service-nodeports
                  }
                  chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
                  chain nat-output { type nat hook output priority -100; jump services; }
                  chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
                }
                """;
        }
    }
}

/// <summary>
/// Two nodes, a server, and a Service in front of it, in one family. Only friends and one outside host may reach the server, and the server may not
/// send.
/// </summary>
internal sealed class ServiceCluster(bool v6)
{
    public IpAddress Node { get; } = Address(v6 ? "fd01::1" : "192.168.0.1");

    public IpAddress OtherNode { get; } = Address(v6 ? "fd01::2" : "192.168.0.2");

    public IpAddress Server { get; } = Address(v6 ? "fd00:0:0:1::1" : "10.0.1.1");

    public IpAddress Friend { get; } = Address(v6 ? "fd00:0:0:1::2" : "10.0.1.2");

    public IpAddress DeniedPod { get; } = Address(v6 ? "fd00:0:0:1::3" : "10.0.1.3");

    /// <summary>A friend on the other node.</summary>
    public IpAddress FarFriend { get; } = Address(v6 ? "fd00:0:0:2::1" : "10.0.2.1");

    public IpAddress Guest { get; } = Address(v6 ? "2001:db8::7" : "203.0.113.7");

    public IpAddress Burglar { get; } = Address(v6 ? "2001:db8::8" : "203.0.113.8");

    /// <summary>The cluster IP. An outside host has the same address and answers, so that an untranslated packet to the Service shows.</summary>
    public IpAddress Service { get; } = Address(v6 ? "fd96::10" : "10.96.0.10");

    public Cidr PodCidr { get; } = Cidr.Parse(v6 ? "fd00:0:0:1::/64" : "10.0.1.0/24");

    public IEnumerable<IpAddress> Others => [Guest, Burglar, Service];

    public KubeProxyRules Proxy => new(Cidr.Parse(v6 ? "fd00::/48" : "10.0.0.0/16"), Service, Server);

    /// <param name="policies">Policies in addition to the NetworkPolicy.</param>
    public ClusterSnapshot Snapshot(params Policy[] policies) => ClusterSnapshot.Create(
        [new("shop", Labels("kubernetes.io/metadata.name=shop"))],
        [Pod("server", "n1", Server), Pod("friend", "n1", Friend), Pod("denied", "n1", DeniedPod), Pod("friend", "n2", FarFriend)],
        [
            new("n1", NetPol.Model.Labels.None, [Node], [PodCidr]),
            new("n2", NetPol.Model.Labels.None, [OtherNode], [Cidr.Create(FarFriend, PodCidr.PrefixLength)]),
        ],
        [
            NetworkPolicy(
                "shop/server", "role=server",
                ingress: [Allow(PodsIn("shop", "role=friend"), "8080/TCP"), Allow(new Peer.Network(Cidr.Create(Guest, Guest.Bits)), "8080/TCP")],
                egress: []),
            .. policies,
        ]);

    /// <summary>Probes each way once and asserts for each whether the server answers.</summary>
    public static void AssertWays(PolicyLab lab, CancellationToken cancel, params (string Way, IpAddress From, IpAddress To, ushort Port, bool Passes)[] ways)
    {
        var seen = lab.Probe(ways.Select(w => (new NetPol.Model.RuleSets.Connection(w.From, w.To, NetPol.Model.Net.Protocol.Tcp, w.Port), (bool?)w.Passes)), cancel);
        var wrong = ways.Zip(seen, (way, saw) => (way, saw, Answerer: Answerer(saw))).Where(w => w.Answerer != (w.way.Passes ? "shop/server-n1" : "no endpoint"))
            .Select(w => $"{w.way.Way}: {w.Answerer} answers ({w.saw})").ToList();
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    private static string Answerer(Observation saw) => saw.Outcome == ProbeOutcome.NoAnswer ? "no endpoint" : saw.AnsweredBy ?? saw.Outcome.ToString();

    private static Pod Pod(string role, string node, IpAddress address) => new(
        new("shop", $"{role}-{node}"), Labels($"role={role}"), node, [address], [new(null, NetPol.Model.Net.Protocol.Tcp, 8080)], HostNetwork: false, Finished: false);
}
