using System.Runtime.InteropServices;
using NetPol.Model;

namespace NetPol.Compiler.Comparing;

/// <summary>Pairs of groups. They must come by source, then by destination; a pair may come twice.</summary>
internal sealed class Relation
{
    private readonly SortedDictionary<int, RelationLine> _bySource = [];
    private readonly Dictionary<int, RelationLine> _byDestination = [];

    public void Add(int source, int destination, JudgedPair pair)
    {
        if (!_bySource.TryGetValue(source, out var line))
            _bySource[source] = line = new();
        line.Add(destination, pair);
        ref var column = ref CollectionsMarshal.GetValueRefOrAddDefault(_byDestination, destination, out _);
        (column ??= new()).Add(source, pair);
    }

    /// <summary>
    /// The pairs as disjoint rectangles: sources with the same destinations together, or destinations with the same sources, whichever makes
    /// fewer.
    /// </summary>
    public List<Rectangle> Rectangles()
    {
        var (bySource, byDestination) = (Group(_bySource), Group(_byDestination.OrderBy(d => d.Key)));
        return bySource.Count <= byDestination.Count
            ? bySource.ConvertAll(g => new Rectangle(g.Members.ToValueArray(), Places(g.Partners), g.Sides))
            : byDestination.ConvertAll(g => new Rectangle(Places(g.Partners), g.Members.ToValueArray(), g.Sides));
    }

    private static List<(ValueArray<int> Partners, List<int> Members, HashSet<int> Sides)> Group(IEnumerable<KeyValuePair<int, RelationLine>> lines)
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
