using NetPol.Lab.Probing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using static NetPol.Testing.Make;

namespace NetPol.Lab.Tests;

/// <summary>
/// Two nodes with a server that only friends and one host outside may reach, and that may send nothing itself; and a Service in front of it.
/// In one family.
/// </summary>
internal sealed class ServiceWorld(bool v6)
{
    public IpAddress Node { get; } = Address(v6 ? "fd01::1" : "192.168.0.1");

    public IpAddress OtherNode { get; } = Address(v6 ? "fd01::2" : "192.168.0.2");

    public IpAddress Server { get; } = Address(v6 ? "fd00:0:0:1::1" : "10.0.1.1");

    public IpAddress Friend { get; } = Address(v6 ? "fd00:0:0:1::2" : "10.0.1.2");

    public IpAddress Stranger { get; } = Address(v6 ? "fd00:0:0:1::3" : "10.0.1.3");

    /// <summary>On the other node.</summary>
    public IpAddress FarFriend { get; } = Address(v6 ? "fd00:0:0:2::1" : "10.0.2.1");

    public IpAddress Guest { get; } = Address(v6 ? "2001:db8::7" : "203.0.113.7");

    public IpAddress Burglar { get; } = Address(v6 ? "2001:db8::8" : "203.0.113.8");

    /// <summary>Outside the lab's nodes somebody has this address and answers: so it shows when a packet for the Service is not translated.</summary>
    public IpAddress Service { get; } = Address(v6 ? "fd96::10" : "10.96.0.10");

    public Cidr PodNetwork { get; } = Cidr.Parse(v6 ? "fd00:0:0:1::/64" : "10.0.1.0/24");

    public IEnumerable<IpAddress> Others => [Guest, Burglar, Service];

    public KubeProxy Proxy => new(Cidr.Parse(v6 ? "fd00::/48" : "10.0.0.0/16"), Service, Server);

    /// <param name="policies">Besides the NetworkPolicy.</param>
    public ClusterSnapshot Snapshot(params Policy[] policies) => ClusterSnapshot.Create(
        [new("shop", Labels("kubernetes.io/metadata.name=shop"))],
        [Pod("server", "n1", Server), Pod("friend", "n1", Friend), Pod("stranger", "n1", Stranger), Pod("friend", "n2", FarFriend)],
        [
            new("n1", Model.Cluster.Labels.None, [Node], [PodNetwork]),
            new("n2", Model.Cluster.Labels.None, [OtherNode], [Cidr.Of(FarFriend, PodNetwork.PrefixLength)]),
        ],
        [
            NetworkPolicy(
                "shop/server", "role=server",
                ingress: [Allow(PodsIn("shop", "role=friend"), "8080/TCP"), Allow(new Peer.Network(Cidr.Of(Guest, Guest.Bits)), "8080/TCP")],
                egress: []),
            .. policies,
        ]);

    /// <summary>Tries each way once, and says of each whether the server answered, or nobody.</summary>
    public static void AssertWays(PolicyLab lab, CancellationToken cancel, params (string Way, IpAddress From, IpAddress To, ushort Port, bool Passes)[] ways)
    {
        var seen = lab.Probe(ways.Select(w => (new Model.Rules.Connection(w.From, w.To, Model.Protocol.Tcp, w.Port), (bool?)w.Passes)), cancel);
        var wrong = ways.Zip(seen, (way, saw) => (way, saw, Told: Tell(saw))).Where(w => w.Told != (w.way.Passes ? "shop/server-n1" : "nobody"))
            .Select(w => $"{w.way.Way}: {w.Told} answers ({w.saw})").ToList();
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    private static string Tell(Observation saw) => saw.Outcome == ProbeOutcome.Silence ? "nobody" : saw.AnsweredBy ?? saw.Outcome.ToString();

    private static Pod Pod(string role, string node, IpAddress address) => new(
        new("shop", $"{role}-{node}"), Labels($"role={role}"), node, [address], [new(null, Model.Protocol.Tcp, 8080)], HostNetwork: false, Finished: false);
}
