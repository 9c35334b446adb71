using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Testing.Clusters;

/// <summary>
/// Generates clusters whose rules have many overlapping networks of both families: nested networks, equal networks in several policies with different ports,
/// and networks with exceptions. Two pods are inside the networks. All networks are in 10.0.0.0/20 and fd00::/116, so that random addresses match some of them.
/// </summary>
/// <param name="seed">The seed of the random numbers.</param>
public sealed class OverlappingNetworks(int seed)
{
    private const string Node = "n1";
    private static readonly string[] Ports = ["80/TCP", "443/TCP", "8000-8100/TCP", "53/UDP"];

    private readonly Random _random = new(seed);
    private int _added;

    /// <summary>Creates a cluster of two subjects, two pods that are peers, and policies of all tiers.</summary>
    /// <param name="policies">The number of NetworkPolicies. Each has up to three rules per direction.</param>
    /// <param name="networks">The maximum number of networks in a rule.</param>
    public ClusterSnapshot Draw(int policies, int networks)
    {
        var namespaces = new[] { new Namespace("shop", Labels("env=x")), new Namespace("other", Labels("env=y")) };
        return ClusterSnapshot.Create(
            namespaces,
            [
                Pod("shop/web", "app=web", "172.16.0.1", "fd01::1"), Pod("shop/db", "app=db", "172.16.0.2", "fd01::2"),
                Pod("other/inside", "app=web", Address(IpFamily.V4).ToString(), Address(IpFamily.V6).ToString()), Pod("other/outside", "app=db", "172.16.0.3", "fd01::3"),
            ],
            [new(Node, Labels("zone=a"), [Make.Address("192.168.0.1"), Address(IpFamily.V4)], [])],
            [
                .. Enumerable.Range(0, policies).Select(i => NetworkPolicy($"shop/p{i}", OneOf(["", "app=web", "app=db"]), Rules(RuleAction.Allow, networks), Rules(RuleAction.Allow, networks))),
                Cluster("admin", Tier.Admin, 1, InNamespaces("env=x"), egress: [Rule(RuleAction.Pass, Networks(2), [OneOf(Ports)]), Rule(RuleAction.Deny, [.. Networks(networks / 4), Nodes()], [OneOf(Ports)])]),
            ]);
    }

    /// <summary>Returns the cluster after one edit: most edits change a rule's networks, others remove a rule, add or remove a policy, or change an address.</summary>
    public ClusterSnapshot Edit(ClusterSnapshot cluster)
    {
        var policies = cluster.Policies.ToList();
        var place = policies.FindIndex(p => p.Tier == Tier.NetworkPolicy);
        switch (_random.Next(12))
        {
            case 0:
                policies.Add(NetworkPolicy($"shop/q{_added++}", OneOf(["", "app=web"]), Rules(RuleAction.Allow, 9), Rules(RuleAction.Allow, 9)));
                break;
            case 1 when place >= 0:
                policies.RemoveAt(place);
                break;
            case 2:
                var moved = cluster.Pods.Select(p => p.Id.Name == "inside" ? p with { Addresses = [Address(IpFamily.V4), Address(IpFamily.V6)] } : p);
                return ClusterSnapshot.Create(cluster.Namespaces, moved, cluster.Nodes, cluster.Policies);
            default:
                if (policies.Count == 0)
                    break;
                var edited = _random.Next(policies.Count);
                policies[edited] = policies[edited] with { Ingress = Edited(policies[edited].Ingress), Egress = Edited(policies[edited].Egress) };
                break;
        }
        return ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, policies);
    }

    /// <summary>Returns connections between subjects and addresses in and near the networks, to ports in and near those of the rules.</summary>
    public Connection[] Connections(ClusterSnapshot cluster, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        var family = _random.Next(2) == 0 ? IpFamily.V4 : IpFamily.V6;
        var pod = cluster.Pods[_random.Next(cluster.Pods.Count)].Addresses.First(a => a.Family == family);
        var other = _random.Next(6) == 0 ? cluster.Pods[_random.Next(cluster.Pods.Count)].Addresses.First(a => a.Family == family) : Address(family);
        var (protocol, port) = _random.Next(5) == 0 ? (Protocol.Udp, 53) : (Protocol.Tcp, new[] { 80, 443, 8000, 8100, 8101, 22 }[_random.Next(6)]);
        return _random.Next(2) == 0 ? new Connection(pod, other, protocol, (ushort)port) : new Connection(other, pod, protocol, (ushort)port);
    })];

    private static Pod Pod(string name, string labels, params string[] addresses)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return new(new(name[..slash], name[(slash + 1)..]), Labels(labels), Node, addresses.Select(Make.Address).ToValueArray(), []);
    }

    private ValueArray<Rule>? Edited(ValueArray<Rule>? rules)
    {
        if (rules is not { Count: > 0 } some)
            return rules;
        var edited = some.ToList();
        var place = _random.Next(edited.Count);
        var peers = edited[place].Peers.ToList();
        switch (_random.Next(5))
        {
            case 0:
                edited.RemoveAt(place);
                break;
            case 1 or 2 when peers.Count > 1:
                peers.RemoveAt(_random.Next(peers.Count));
                edited[place] = edited[place] with { Peers = peers.ToValueArray() };
                break;
            default:
                peers.Add(Network());
                edited[place] = edited[place] with { Peers = peers.ToValueArray() };
                break;
        }
        return Numbered(edited);
    }

    private Rule[] Rules(RuleAction action, int networks) => [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Rule(
        action, _random.Next(5) == 0 ? [.. Networks(networks), Pods("", "app=web")] : Networks(networks), _random.Next(4) == 0 ? [] : [OneOf(Ports)]))];

    private Peer[] Networks(int most) => [.. Enumerable.Range(0, _random.Next(1, Math.Max(1, most) + 1)).Select(_ => Network()).Distinct()];

    private Peer.Network Network()
    {
        var family = _random.Next(3) == 0 ? IpFamily.V6 : IpFamily.V4;
        var (bits, least) = family == IpFamily.V4 ? (32, 20) : (128, 116);
        // Few wide and many narrow networks at few positions, so that rules share some of them.
        var length = Math.Max(_random.Next(least, bits + 1), _random.Next(least, bits + 1));
        var cidr = Cidr.Create(Address(family), length);
        var except = Enumerable.Range(0, length < bits ? _random.Next(3) : 0)
            .Select(_ => Cidr.Create(cidr.Network with { Value = cidr.Network.Value + (UInt128)_random.Next(1 << (bits - length)) }, _random.Next(length + 1, bits + 1)));
        return new Peer.Network(cidr, except.Distinct().ToValueArray());
    }

    private IpAddress Address(IpFamily family)
    {
        var start = family == IpFamily.V4 ? Make.Address("10.0.0.0") : Make.Address("fd00::");
        return start with { Value = start.Value + (UInt128)_random.Next(1 << 12) };
    }

    private T OneOf<T>(T[] items) => items[_random.Next(items.Length)];
}
