using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Comparing;

/// <summary>Sorts what is in both worlds into groups of endpoints that are judged alike.</summary>
internal sealed class GroupBuilder(PolicyWorld before, PolicyWorld after)
{
    private readonly Dictionary<(Sides, Sides, ValueArray<int>), ComparedGroup> _pods = [];
    private readonly Dictionary<(Sides, Sides), ComparedGroup> _nodes = [];
    private readonly Dictionary<(Sides, Sides), ComparedGroup> _outside = [];
    private readonly List<ComparedGroup> _groups = [];
    private readonly List<ComparedGroup> _nodeGroups = [];

    /// <summary>Groups of pods, by first pod; then of nodes; then of other addresses.</summary>
    public IReadOnlyList<ComparedGroup> Groups => _groups;

    /// <summary>The place in <see cref="Groups"/> of the first group of nodes.</summary>
    public int FirstNode { get; private set; }

    /// <summary>The place in <see cref="Groups"/> of the first group of addresses outside.</summary>
    public int FirstOutside { get; private set; }

    public void Build()
    {
        var ownNodes = AddNodes();
        AddPods(ownNodes);
        FirstNode = _groups.Count;
        _groups.AddRange(_nodeGroups);
        FirstOutside = _groups.Count;
        foreach (var family in (ReadOnlySpan<IpFamily>)[IpFamily.V4, IpFamily.V6])
            AddOutside(family);
    }

    /// <summary>A rectangle without the groups that have no connection in it; null when there is none at all.</summary>
    public Rectangle? WithConnections(Rectangle rectangle)
    {
        var from = rectangle.From.Where(f => rectangle.To.Any(t => HoldsConnection(f, t))).ToValueArray();
        var to = rectangle.To.Where(t => from.Any(f => HoldsConnection(f, t))).ToValueArray();
        return from.IsEmpty ? null : rectangle with { From = from, To = to };
    }

    /// <summary>Whether there is one between two different ends, none of which is the other's node.</summary>
    public bool HoldsConnection(int source, int destination)
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
                var sides = Sides.OfPeer(before.Peer(address), after.Peer(address));
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
            Sides v4 = SidesOf(then, pod, IpFamily.V4), v6 = SidesOf(then, pod, IpFamily.V6);
            if (!v4.IsPresent && !v6.IsPresent)
                continue;
            var own = NodeOf(then, pod) is { } node ? ownNodes.GetValueOrDefault(node) : [];
            Find(_pods, (v4, v6, own), _groups, key => new(key.Item1, key.Item2, key.Item3)).Pods.Add((then, pod));
        }
    }

    private Sides SidesOf(Pod old, Pod now, IpFamily family) => old.HasAddress(family) && now.HasAddress(family)
        ? Sides.OfPod(before, old.AddressOf(family), after, now.AddressOf(family))
        : Sides.Absent;

    /// <summary>The node that judges the pod in both worlds; null when there is no such one.</summary>
    private string? NodeOf(Pod old, Pod now)
    {
        var nodes = old.Addresses.Select(before.NodeOf).Concat(now.Addresses.Select(after.NodeOf)).Distinct(StringComparer.Ordinal).ToList();
        return nodes.Count == 1 ? nodes[0] : null;
    }

    private void AddOutside(IpFamily family)
    {
        ComparedGroup? group = null;
        IpAddress? open = null;
        foreach (var (range, isTaken) in new OutsideRanges(before, after).Of(family))
        {
            if (isTaken)
            {
                // Nobody is there: it goes with its neighbour, so that what is said is short.
                if (group is null)
                    open ??= range.First;
                else
                    group.Outside[^1] = group.Outside[^1] with { Last = range.Last };
                continue;
            }
            var sides = Sides.OfPeer(before.PeerOutside(range.First), after.PeerOutside(range.First));
            var found = Find(_outside, OverFamily(family, sides), _groups, key => new(key.Item1, key.Item2, []));
            if (found == group)
                group.Outside[^1] = group.Outside[^1] with { Last = range.Last };
            else
                found.Outside.Add(range with { First = open ?? range.First });
            (group, open) = (found, null);
        }
    }

    private static (Sides V4, Sides V6) OverFamily(IpFamily family, Sides sides) => family == IpFamily.V4 ? (sides, Sides.Absent) : (Sides.Absent, sides);

    private static ComparedGroup Find<TKey>(Dictionary<TKey, ComparedGroup> known, TKey key, List<ComparedGroup> groups, Func<TKey, ComparedGroup> make)
        where TKey : notnull
    {
        if (known.TryGetValue(key, out var group))
            return group;
        known[key] = group = make(key);
        groups.Add(group);
        return group;
    }
}
