using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Oracles;

namespace NetPol.Testing.Agreement;

/// <summary>Two clusters, and the oracle's verdicts on all connections that both have.</summary>
public sealed class ComparedClusters
{
    private static readonly IpAddress[] Anywhere =
    [
        IpAddress.Parse("0.0.0.0"), IpAddress.Parse("203.0.113.7"), IpAddress.Parse("255.255.255.255"), IpAddress.Parse("::"), IpAddress.Parse("2001:db8::7"),
        IpAddress.Parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ];

    public ComparedClusters(ClusterSnapshot before, ClusterSnapshot after)
    {
        (Before, After) = (before, after);
        Ends = [.. Pods(), .. Nodes(), .. Outside()];
        Services = [.. Ports(), (Protocol.Icmp, 0), ((Protocol)47, 0)];
    }

    public ClusterSnapshot Before { get; }

    public ClusterSnapshot After { get; }

    /// <summary>Every pod and node in both clusters, and addresses at and next to all edges of networks.</summary>
    public IReadOnlyList<ComparedEnd> Ends { get; }

    /// <summary>All ports at and next to all edges of ranges, and protocols without ports.</summary>
    public IReadOnlyList<(Protocol Protocol, ushort Port)> Services { get; }

    /// <summary>
    /// All pairs of ends of one family with at least one pod. Excluded are two pods with the same address, a moved pod and a node, and an address that
    /// belongs to a pod and a node.
    /// </summary>
    public IEnumerable<(ComparedEnd From, ComparedEnd To)> Pairs() =>
        from source in Ends
        from destination in Ends
        where (source.Pod ?? destination.Pod) is not null && source.New.Family == destination.New.Family
        where source == destination || (source.Old != destination.Old && source.New != destination.New)
        where !(HasMoved(source) && destination.Node is not null) && !(HasMoved(destination) && source.Node is not null)
        select (source, destination);

    /// <summary>Returns the oracle's verdicts in the old and in the new cluster.</summary>
    public (ConnectionVerdict Old, ConnectionVerdict New) Evaluate(ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service) => (
        Oracle.Evaluate(Before, ThroughService(from.Old, to.Old, service)),
        Oracle.Evaluate(After, ThroughService(from.New, to.New, service)));

    /// <summary>Creates a connection. A pod connects to itself through a Service, because other packets do not leave the pod.</summary>
    public static Connection ThroughService(IpAddress from, IpAddress to, (Protocol Protocol, ushort Port) service) =>
        new(from, to, service.Protocol, service.Port) { IsThroughService = true };

    public override string ToString() => $"{new ClusterSample(Before, [])} becomes {new ClusterSample(After, [])}";

    /// <summary>Whether the pod moved, or shares its address with a pod on another node.</summary>
    private static bool HasMoved(ComparedEnd end) => end.Pod is { } pod && (end.RunsOn.Old != end.RunsOn.New || end.RunsOn.New != pod.Node);

    private static string? NodeOf(ClusterSnapshot cluster, IpAddress address) =>
        cluster.Pods.FirstOrDefault(p => p.Node is not null && IsSubject(cluster, p, address))?.Node;

    /// <summary>Whether policies apply to the pod at the address. They apply to a finished pod until another pod has its address.</summary>
    private static bool IsSubject(ClusterSnapshot cluster, Pod pod, IpAddress address) =>
        !pod.HostNetwork && pod.Addresses.Contains(address) && !(pod.Finished && cluster.Pods.Any(p => !p.HostNetwork && !p.Finished && p.Addresses.Contains(address)));

    private IEnumerable<ComparedEnd> Pods() =>
        from now in After.Pods
        from then in Before.Pods
        where now.Id == then.Id
        from family in new[] { IpFamily.V4, IpFamily.V6 }
        let old = then.Addresses.Where(a => a.Family == family && IsSubject(Before, then, a)).ToArray()
        let current = now.Addresses.Where(a => a.Family == family && IsSubject(After, now, a)).ToArray()
        where old.Length > 0 && current.Length > 0
        select new ComparedEnd(old[0], current[0], now, null, (NodeOf(Before, old[0]), NodeOf(After, current[0])));

    private IEnumerable<ComparedEnd> Nodes() =>
        from now in After.Nodes
        from then in Before.Nodes
        where now.Name == then.Name
        from address in now.AllAddresses.Intersect(then.AllAddresses)
        select new ComparedEnd(address, address, null, now.Name);

    private IEnumerable<ComparedEnd> Outside()
    {
        var taken = new[] { Before, After }
            .SelectMany(c => c.Pods.SelectMany(p => p.Addresses).Concat(c.Nodes.SelectMany(n => n.AllAddresses))).ToHashSet();
        return Rules().SelectMany(r => r.Peers).OfType<Peer.Network>().SelectMany(n => n.Except.Append(n.Cidr)).SelectMany(n => Around(n.Range))
            .Concat(Anywhere).Distinct().Where(a => !taken.Contains(a)).Select(a => new ComparedEnd(a, a, null, null));
    }

    private IEnumerable<(Protocol Protocol, ushort Port)> Ports()
    {
        var numbers = new[] { Before, After }.SelectMany(c => c.Pods).SelectMany(p => p.Ports).Select(p => (int)p.Number)
            .Concat(Rules().SelectMany(r => r.Ports ?? []).OfType<PortMatch.Numbers>().SelectMany(n => new[] { n.Range.First - 1, n.Range.First, n.Range.Last, n.Range.Last + 1 }))
            .Where(n => n is >= 0 and <= ushort.MaxValue).Distinct().ToList();
        return from protocol in Protocols.WithPorts from number in numbers select (protocol, (ushort)number);
    }

    private IEnumerable<Rule> Rules() => new[] { Before, After }.SelectMany(c => c.Policies).SelectMany(p => (p.Ingress ?? []).Concat(p.Egress ?? []));

    private static IEnumerable<IpAddress> Around(AddressRange range)
    {
        yield return range.First;
        yield return range.Last;
        if (range.First.Value != 0)
            yield return range.First with { Value = range.First.Value - 1 };
        if (range.Last.Value != (range.Last.Family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue))
            yield return range.Last with { Value = range.Last.Value + 1 };
    }
}

/// <summary>A source or destination of connections in two clusters.</summary>
/// <param name="Old">Its address in the old cluster.</param>
/// <param name="New">Its address in the new cluster, of the same family.</param>
/// <param name="Pod">The pod with the address, as in the new cluster. Null for any other address.</param>
/// <param name="Node">The node with the address. Null for any other address.</param>
/// <param name="RunsOn">For a pod's address: the nodes that evaluate it in the old and in the new cluster.</param>
public sealed record ComparedEnd(IpAddress Old, IpAddress New, Pod? Pod, string? Node, (string? Old, string? New) RunsOn = default)
{
    /// <summary>Whether the two ends are a pod and its own node.</summary>
    public static bool AreOfOneNode(ComparedEnd one, ComparedEnd other) =>
        (one.RunsOn.New is { } left && left == other.Node) || (other.RunsOn.New is { } right && right == one.Node);
}
