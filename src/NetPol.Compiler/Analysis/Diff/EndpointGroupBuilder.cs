using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Ports;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>Sorts what is in both worlds into groups of endpoints that are judged alike.</summary>
internal sealed class EndpointGroupBuilder(ReachabilityIndex before, ReachabilityIndex after)
{
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers, ValueArray<int>), EndpointGroupDraft> _pods = [];
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers), EndpointGroupDraft> _nodes = [];
    private readonly Dictionary<(EndpointNumbers, EndpointNumbers), EndpointGroupDraft> _external = [];
    private readonly List<EndpointGroupDraft> _groups = [];
    private readonly List<EndpointGroupDraft> _nodeGroups = [];

    /// <summary>Groups of pods, by first pod; then of nodes; then of other addresses.</summary>
    public IReadOnlyList<EndpointGroupDraft> Groups => _groups;

    /// <summary>The place in <see cref="Groups"/> of the first group of nodes.</summary>
    public int FirstNode { get; private set; }

    /// <summary>The place in <see cref="Groups"/> of the first group of addresses outside.</summary>
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

    /// <summary>A rectangle without the groups that have no connection in it; null when there is none at all.</summary>
    public GroupBlock? WithConnections(GroupBlock block)
    {
        var from = block.From.Where(f => block.To.Any(t => HasConnection(f, t))).ToValueArray();
        var to = block.To.Where(t => from.Any(f => HasConnection(f, t))).ToValueArray();
        return from.IsEmpty ? null : block with { From = from, To = to };
    }

    /// <summary>Whether there is one between two different ends, none of which is the other's node.</summary>
    public bool HasConnection(int source, int destination)
    {
        var (from, to) = (_groups[source], _groups[destination]);
        if (from == to)
            return from.Pods.Count > 1;
        var (pods, nodes) = from.Pods.Count > 0 ? (from.Pods, to.Nodes) : (to.Pods, from.Nodes);
        return nodes.Count == 0 || pods.Exists(p => nodes.Exists(n => !string.Equals(n.Node, p.New.Node, StringComparison.Ordinal)));
    }

    /// <returns>For each node that is in both worlds, the groups of its addresses.</returns>
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

    private EndpointNumbers SidesOf(Pod old, Pod now, IpFamily family) => old.HasAddress(family) && now.HasAddress(family)
        ? EndpointNumbers.ForPod(before, old.AddressOf(family), after, now.AddressOf(family))
        : EndpointNumbers.Absent;

    /// <summary>The node that judges the pod in both worlds; null when there is no such one.</summary>
    private string? NodeOf(Pod old, Pod now)
    {
        var nodes = old.Addresses.Select(before.NodeOf).Concat(now.Addresses.Select(after.NodeOf)).Distinct(StringComparer.Ordinal).ToList();
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
                // Nobody is there: it goes with its neighbour, so that what is said is short.
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

/// <summary>A group in the making.</summary>
/// <param name="v4">What its members are over IPv4.</param>
/// <param name="v6">The same over IPv6.</param>
/// <param name="ownNodes">For pods, the groups of the addresses of the nodes that run them, as places in the list of groups of nodes.</param>
internal sealed class EndpointGroupDraft(EndpointNumbers v4, EndpointNumbers v6, ValueArray<int> ownNodes)
{
    public ValueArray<int> OwnNodes { get; } = ownNodes;

    public List<(Pod Old, Pod New)> Pods { get; } = [];

    public List<NodeAddress> Nodes { get; } = [];

    public List<AddressRange> External { get; } = [];

    public EndpointNumbers NumbersFor(IpFamily family) => family == IpFamily.V4 ? v4 : v6;

    public EndpointGroup ToGroup() => new(Pods.Select(p => p.New).ToValueArray(), Nodes.ToValueArray(), External.ToValueArray());
}

/// <summary>What an address is in two worlds: its number as a peer, and those of its groups as a subject.</summary>
internal readonly record struct EndpointNumbers(int OldPeer, int OldEgress, int OldIngress, int NewPeer, int NewEgress, int NewIngress)
{
    /// <summary>No address of the family in one of the worlds, or in both.</summary>
    public static EndpointNumbers Absent { get; } = new(-1, 0, 0, -1, 0, 0);

    public bool IsPresent => OldPeer >= 0;

    public static EndpointNumbers ForPod(ReachabilityIndex before, IpAddress old, ReachabilityIndex after, IpAddress now) => new(
        before.PeerNumber(old), Group(before, old, Direction.Egress), Group(before, old, Direction.Ingress),
        after.PeerNumber(now), Group(after, now, Direction.Egress), Group(after, now, Direction.Ingress));

    /// <summary>The sides of an address that nobody judges as a subject.</summary>
    public static EndpointNumbers ForPeer(int old, int now) => new(old, DirectionTable.NoPolicySet, DirectionTable.NoPolicySet, now, DirectionTable.NoPolicySet, DirectionTable.NoPolicySet);

    private static int Group(ReachabilityIndex reachability, IpAddress address, Direction direction) =>
        reachability.TableFor(direction).Add(reachability.PolicySetOf(address, direction, PeerRelation.Other));
}
