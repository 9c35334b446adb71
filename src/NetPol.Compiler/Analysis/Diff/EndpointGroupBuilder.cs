using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>Groups the endpoints that are in both clusters by how the clusters evaluate them.</summary>
internal sealed class EndpointGroupBuilder(ReachabilityIndex before, ReachabilityIndex after)
{
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers, ValueArray<int>), EndpointGroupDraft> _pods = [];
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers), EndpointGroupDraft> _nodes = [];
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers), EndpointGroupDraft> _external = [];
    private readonly List<EndpointGroupDraft> _groups = [];
    private readonly List<EndpointGroupDraft> _nodeGroups = [];

    /// <summary>Groups of pods by first pod, then groups of nodes, then groups of external addresses.</summary>
    public IReadOnlyList<EndpointGroupDraft> Groups => _groups;

    /// <summary>The index in <see cref="Groups"/> of the first group of nodes.</summary>
    public int FirstNode { get; private set; }

    /// <summary>The index in <see cref="Groups"/> of the first group of external addresses.</summary>
    public int FirstExternal { get; private set; }

    public void Build()
    {
        var ownNodes = AddNodes();
        AddPods(ownNodes);
        FirstNode = _groups.Count;
        _groups.AddRange(_nodeGroups);
        FirstExternal = _groups.Count;
        foreach (var family in (ReadOnlySpan<IpFamily>)[IpFamily.V4, IpFamily.V6])
            AddExternal(family);
    }

    /// <summary>Returns a block without the groups that have no connection in it. Null if it has no connection at all.</summary>
    public GroupBlock? WithConnections(GroupBlock block)
    {
        var from = block.From.Where(f => block.To.Any(t => HasConnection(f, t))).ToValueArray();
        var to = block.To.Where(t => from.Any(f => HasConnection(f, t))).ToValueArray();
        return from.IsEmpty ? null : block with { From = from, To = to };
    }

    /// <summary>Whether the groups have a connection between two different endpoints where neither is the other's node.</summary>
    public bool HasConnection(int source, int destination)
    {
        var (from, to) = (_groups[source], _groups[destination]);
        if (from == to)
            return from.Pods.Exists(p => p.New.Addresses != from.Pods[0].New.Addresses);
        var (pods, nodes) = from.Pods.Count > 0 ? (from.Pods, to.Nodes) : (to.Pods, from.Nodes);
        return nodes.Count == 0 || pods.Exists(p => nodes.Exists(n => !string.Equals(n.Node, p.New.Node, StringComparison.Ordinal)));
    }

    /// <returns>For each node in both clusters, the groups of its addresses.</returns>
    private Dictionary<string, ValueArray<int>> AddNodes()
    {
        var found = new Dictionary<string, ValueArray<int>>(StringComparer.Ordinal);
        var old = before.Snapshot.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var node in after.Snapshot.Nodes)
        {
            if (!old.TryGetValue(node.Name, out var then))
                continue;
            var places = new SortedSet<int>();
            foreach (var address in node.AllAddresses.Distinct().Where(a => then.AllAddresses.Contains(a)))
            {
                var sides = EndpointNumbers.ForPeer(before.PeerNumber(address), after.PeerNumber(address));
                var group = Find(_nodes, OverFamily(address.Family, sides), _nodeGroups, key => new(key.Item1, key.Item2, []));
                group.Nodes.Add(new(node.Name, address));
                places.Add(_nodeGroups.IndexOf(group));
            }
            found[node.Name] = places.ToValueArray();
        }
        return found;
    }

    private void AddPods(Dictionary<string, ValueArray<int>> ownNodes)
    {
        var old = before.Snapshot.Pods.ToDictionary(p => p.Id);
        foreach (var pod in after.Snapshot.Pods)
        {
            if (!old.TryGetValue(pod.Id, out var then))
                continue;
            EndpointNumbers v4 = SidesOf(then, pod, IpFamily.V4), v6 = SidesOf(then, pod, IpFamily.V6);
            if (!v4.IsPresent && !v6.IsPresent)
                continue;
            var own = NodeOf(then, pod) is { } node ? ownNodes.GetValueOrDefault(node) : [];
            Find(_pods, (v4, v6, own), _groups, key => new(key.Item1, key.Item2, key.Item3)).Pods.Add((then, pod));
        }
    }

    private EndpointNumbers SidesOf(Pod old, Pod now, IpFamily family) => before.AddressOf(old, family) is { } then && after.AddressOf(now, family) is { } address
        ? EndpointNumbers.ForPod(before, then, after, address)
        : EndpointNumbers.Absent;

    /// <summary>Returns the node that evaluates the pod in both clusters. Null if the clusters or the pod's addresses differ in it.</summary>
    private string? NodeOf(Pod old, Pod now)
    {
        var nodes = before.AddressesOf(old).Select(before.NodeOf).Concat(after.AddressesOf(now).Select(after.NodeOf)).Distinct(StringComparer.Ordinal).ToList();
        return nodes.Count == 1 ? nodes[0] : null;
    }

    private void AddExternal(IpFamily family)
    {
        EndpointGroupDraft? group = null;
        IpAddress? open = null;
        foreach (var (range, isTaken) in new ExternalRanges(before, after).Find(family))
        {
            if (isTaken)
            {
                // The range has no external address. It joins its neighbor, so that the output has fewer ranges.
                if (group is null)
                    open ??= range.First;
                else
                    group.External[^1] = group.External[^1] with { Last = range.Last };
                continue;
            }
            var sides = EndpointNumbers.ForPeer(before.ExternalPeerNumber(range.First), after.ExternalPeerNumber(range.First));
            var found = Find(_external, OverFamily(family, sides), _groups, key => new(key.Item1, key.Item2, []));
            if (found == group)
                group.External[^1] = group.External[^1] with { Last = range.Last };
            else
                found.External.Add(range with { First = open ?? range.First });
            (group, open) = (found, null);
        }
    }

    private static (EndpointNumbers V4, EndpointNumbers V6) OverFamily(IpFamily family, EndpointNumbers sides) => family == IpFamily.V4 ? (sides, EndpointNumbers.Absent) : (EndpointNumbers.Absent, sides);

    private static EndpointGroupDraft Find<TKey>(Dictionary<TKey, EndpointGroupDraft> known, TKey key, List<EndpointGroupDraft> groups, Func<TKey, EndpointGroupDraft> make)
        where TKey : notnull
    {
        if (known.TryGetValue(key, out var group))
            return group;
        known[key] = group = make(key);
        groups.Add(group);
        return group;
    }
}

/// <summary>A group of endpoints that is being built.</summary>
/// <param name="v4">The numbers of its members over IPv4.</param>
/// <param name="v6">The numbers of its members over IPv6.</param>
/// <param name="ownNodes">For pods: the groups of their nodes' addresses, as indices in the list of node groups. Otherwise empty.</param>
internal sealed class EndpointGroupDraft(EndpointNumbers v4, EndpointNumbers v6, ValueArray<int> ownNodes)
{
    public ValueArray<int> OwnNodes { get; } = ownNodes;

    public List<(Pod Old, Pod New)> Pods { get; } = [];

    public List<NodeAddress> Nodes { get; } = [];

    public List<AddressRange> External { get; } = [];

    public EndpointNumbers NumbersFor(IpFamily family) => family == IpFamily.V4 ? v4 : v6;

    public EndpointGroup ToGroup() => new(Pods.Select(p => p.New).ToValueArray(), Nodes.ToValueArray(), External.ToValueArray());
}

/// <summary>The numbers of an address in both clusters: as a peer, and of its policy sets as a subject.</summary>
internal readonly record struct EndpointNumbers(int OldPeer, int OldEgress, int OldIngress, int NewPeer, int NewEgress, int NewIngress)
{
    /// <summary>There is no address of the family in at least one of the clusters.</summary>
    public static EndpointNumbers Absent { get; } = new(-1, 0, 0, -1, 0, 0);

    public bool IsPresent => OldPeer >= 0;

    public static EndpointNumbers ForPod(ReachabilityIndex before, IpAddress old, ReachabilityIndex after, IpAddress now) => new(
        before.PeerNumber(old), Group(before, old, Direction.Egress), Group(before, old, Direction.Ingress),
        after.PeerNumber(now), Group(after, now, Direction.Egress), Group(after, now, Direction.Ingress));

    /// <summary>Returns the numbers of an address that is no subject.</summary>
    public static EndpointNumbers ForPeer(int old, int now) => new(old, DirectionTable.NoPolicySet, DirectionTable.NoPolicySet, now, DirectionTable.NoPolicySet, DirectionTable.NoPolicySet);

    private static int Group(ReachabilityIndex reachability, IpAddress address, Direction direction) =>
        reachability.TableFor(direction).Add(reachability.PolicySetOf(address, direction, PeerRelation.Other));
}
