using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>All pairs of the source groups and the destination groups, and the numbers of both sides' port policy changes (<see cref="DirectionDiffTable"/>).</summary>
internal sealed record GroupBlock(ValueArray<int> From, ValueArray<int> To, HashSet<int> Sides);

/// <summary>A set of pairs of groups. Callers must add them ordered by source, then by destination. A pair may be added twice.</summary>
internal sealed class GroupPairs
{
    private readonly SortedDictionary<int, GroupPairsLine> _bySource = [];
    private readonly Dictionary<int, GroupPairsLine> _byDestination = [];

    public void Add(int source, int destination, GroupPairDiff pair)
    {
        if (!_bySource.TryGetValue(source, out var line))
            _bySource[source] = line = new();
        line.Add(destination, pair);
        ref var column = ref CollectionsMarshal.GetValueRefOrAddDefault(_byDestination, destination, out _);
        (column ??= new()).Add(source, pair);
    }

    /// <summary>
    /// Returns the pairs as disjoint blocks: sources with the same destinations together, or destinations with the same sources, whichever gives
    /// fewer blocks.
    /// </summary>
    public List<GroupBlock> ToBlocks()
    {
        var (bySource, byDestination) = (Group(_bySource), Group(_byDestination.OrderBy(d => d.Key)));
        return bySource.Count <= byDestination.Count
            ? bySource.ConvertAll(g => new GroupBlock(g.Members.ToValueArray(), Places(g.Partners), g.Sides))
            : byDestination.ConvertAll(g => new GroupBlock(Places(g.Partners), g.Members.ToValueArray(), g.Sides));
    }

    private static List<(ValueArray<int> Partners, List<int> Members, HashSet<int> Sides)> Group(IEnumerable<KeyValuePair<int, GroupPairsLine>> lines)
    {
        var places = new Dictionary<ValueArray<int>, int>();
        var groups = new List<(ValueArray<int> Partners, List<int> Members, HashSet<int> Sides)>();
        foreach (var (member, line) in lines)
        {
            var partners = line.Runs;
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, partners, out var known);
            if (!known)
            {
                place = groups.Count;
                groups.Add((partners, [], []));
            }
            groups[place].Members.Add(member);
            groups[place].Sides.UnionWith(line.Sides);
        }
        return groups;
    }

    private static ValueArray<int> Places(ValueArray<int> runs)
    {
        var places = new List<int>();
        for (var i = 0; i < runs.Count; i += 2)
            places.AddRange(Enumerable.Range(runs[i], runs[i + 1] - runs[i] + 1));
        return places.ToValueArray();
    }
}

/// <summary>The common change of the pairs in a <see cref="GroupPairs"/>. <paramref name="Ports"/> is the number of a port set.</summary>
internal readonly record struct GroupPairsKey(ConnectionChangeType Type, DestinationScope Destination, IpFamily? Family, int Ports);

/// <summary>All partners of one group, as runs of indices, and the changes of both sides. Callers must add partners in ascending order.</summary>
internal sealed class GroupPairsLine
{
    private readonly List<int> _runs = [];
    private readonly HashSet<int> _sides = [];
    private GroupPairDiff _last;

    /// <summary>The first and the last index of each run.</summary>
    public ValueArray<int> Runs => _runs.ToValueArray();

    /// <summary>The numbers of the sides' changes.</summary>
    public IReadOnlyCollection<int> Sides => _sides;

    public void Add(int partner, GroupPairDiff pair)
    {
        if (_runs.Count > 0 && _runs[^1] >= partner - 1)
            _runs[^1] = partner;
        else
            _runs.AddRange([partner, partner]);
        if (pair == _last)
            return;
        _last = pair;
        _sides.Add(pair.Egress);
        _sides.Add(pair.Ingress);
    }
}
