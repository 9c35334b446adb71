using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// One namespace: a client and a server on the measured node, <see cref="Peers"/> pods elsewhere in <see cref="Groups"/> groups, and
/// <see cref="Policies"/> NetworkPolicies that all isolate both, in both directions or in ingress only. Policy i allows group i on UDP port 10000 + i; client
/// and server belong to the group of the last one, so that a linear evaluation walks through all of them.
/// </summary>
internal sealed record MeasuredCluster(int Policies, int Peers, int Groups, bool IngressOnly = false)
{
    public const string Node = "measured";

    public static IpAddress Client { get; } = IpAddress.Parse("10.64.0.1");

    public static IpAddress Server { get; } = IpAddress.Parse("10.64.0.2");

    /// <summary>The port that the last policy allows.</summary>
    public ushort Port => (ushort)(10_000 + Policies - 1);

    public int GroupOf(int policy) => policy % Groups;

    public IpAddress PeerAddress(int peer) => new(IpFamily.V4, 0x0A800000u + (uint)peer);

    public int GroupOfPeer(int peer) => peer % Groups;

    /// <summary>The group of client and server.</summary>
    public int MeasuredGroup => GroupOf(Policies - 1);

    public ClusterSnapshot Snapshot()
    {
        var pods = new List<Pod> { MeasuredPod("client", Client), MeasuredPod("server", Server) };
        for (var i = 0; i < Peers; i++)
            pods.Add(new(new("bench", $"peer-{i}"), Labels.Create(("group", $"g{GroupOfPeer(i)}")), "elsewhere", [PeerAddress(i)], []));
        return ClusterSnapshot.Create(
            [new("bench", Labels.Create(("kubernetes.io/metadata.name", "bench")))],
            pods,
            [new(Node, Labels.None, [IpAddress.Parse("192.0.2.1")]), new("elsewhere", Labels.None, [IpAddress.Parse("192.0.2.2")])],
            Enumerable.Range(0, Policies).Select(Policy));
    }

    private Pod MeasuredPod(string name, IpAddress address) =>
        new(new("bench", name), Labels.Create(("group", $"g{MeasuredGroup}"), ("measured", "yes")), Node, [address], []);

    private Policy Policy(int i)
    {
        var peer = new Peer.Pods(PodSelection.InNamespace("bench", LabelSelector.Create(("group", $"g{GroupOf(i)}"))));
        var port = new PortMatch.Numbers(NetPol.Model.Net.Protocol.Udp, PortRange.Single((ushort)(10_000 + i)));
        ValueArray<Rule> rules = [new Rule(0, null, RuleAction.Allow, [peer], [port])];
        return new(
            new(PolicyKind.NetworkPolicy, "bench", $"policy-{i:D5}"), Tier.NetworkPolicy, 0,
            PodSelection.InNamespace("bench", LabelSelector.Create(("measured", "yes"))), rules, IngressOnly ? null : rules);
    }
}
