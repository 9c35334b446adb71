using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>
/// Splits the addresses in rules into disjoint ranges. Ranges that the same rules match share one identity, independent of the number of networks. A range
/// costs one element of one map.
/// </summary>
/// <remarks>
/// An identity is a set of matchers, and it must not change when one of ten thousand networks is added or removed. So the matcher with the lowest
/// <see cref="Trait.Rank"/> among those that exactly these rules use represents a rule set. If there is none, because networks of different rules overlap, several matchers
/// that only rules of the set use represent it: in order of rank, each that adds a rule. Two rule sets never have the same matchers.
/// </remarks>
/// <param name="traits">The matchers.</param>
/// <param name="classes">Numbers sets of matchers.</param>
internal sealed class NetworkPartitioner(TraitTable traits, SequenceTrie classes)
{
    private readonly SequenceTrie _ruleSets = new();
    private readonly Dictionary<int, int> _ruleSetOf = [];
    private readonly HashSet<FlatRule> _rules = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds a rule. Ignores peers that are neither networks nor nodes, and rules that were added before.</summary>
    public void Add(FlatRule rule)
    {
        if (!Array.Exists(rule.Traits, t => traits[t].Addresses is not null) || !_rules.Add(rule))
            return;
        foreach (var trait in rule.Traits)
        {
            if (traits[trait].Addresses is null)
                continue;
            ref var rules = ref CollectionsMarshal.GetValueRefOrAddDefault(_ruleSetOf, trait, out _);
            rules = _ruleSets.Next(rules, _rules.Count);
        }
    }

    /// <summary>Returns the ordered ranges with their identities. Adjacent ranges have different identities. Addresses that no rule names are in no range.</summary>
    public List<(AddressRange Range, int Class)> Partition(Func<int, AddressRange[]> rangesOf) => TryPartition(rangesOf, long.MaxValue)!;

    /// <summary>As <see cref="Partition"/>, but returns null after <paramref name="most"/> steps: one for each rule that matches a range, and for each rule set that may be part of another.</summary>
    public List<(AddressRange Range, int Class)>? TryPartition(Func<int, AddressRange[]> rangesOf, long most)
    {
        // Ranges close before others open at the same address.
        var edges = Edges(rangesOf);
        edges.Sort();
        var sets = new RuleSets(traits, _ruleSetOf, _ruleSets.Read);
        var classOf = new Dictionary<int, int>();
        var found = new List<(AddressRange Range, int Class)>();
        var open = new SortedList<int, int>();
        for (var i = 0; i < edges.Count;)
        {
            var at = edges[i].At;
            if (i > 0 && edges[i - 1].At.Family != at.Family)
                open.Clear();
            for (; i < edges.Count && edges[i].At == at; i++)
                Cross(open, edges[i].Opens, sets.RulesOf(edges[i].RuleSet));
            if (open.Count == 0)
                continue;
            most -= open.Count;
            var ruleSet = open.Keys.Aggregate(SequenceTrie.Root, _ruleSets.Next);
            if (!classOf.TryGetValue(ruleSet, out var peerClass))
                classOf[ruleSet] = peerClass = classes.Of(sets.Represent(ruleSet, open, ref most));
            if (most < 0)
                return null;
            var last = i < edges.Count && edges[i].At.Family == at.Family ? Before(edges[i].At) : End(at.Family);
            if (found.Count > 0 && found[^1].Class == peerClass && found[^1].Range.Last.Family == at.Family && After(found[^1].Range.Last) == at)
                found[^1] = (found[^1].Range with { Last = last }, peerClass);
            else
                found.Add((new(at, last), peerClass));
        }
        return found;
    }

    private List<(IpAddress At, bool Opens, int RuleSet)> Edges(Func<int, AddressRange[]> rangesOf)
    {
        var edges = new List<(IpAddress At, bool Opens, int RuleSet)>();
        foreach (var (trait, rules) in _ruleSetOf)
        {
            foreach (var range in rangesOf(trait))
            {
                edges.Add((range.First, true, rules));
                if (!IsEnd(range.Last))
                    edges.Add((After(range.Last), false, rules));
            }
        }
        return edges;
    }

    /// <summary>Updates the number of open ranges of each rule.</summary>
    private static void Cross(SortedList<int, int> open, bool opens, int[] rules)
    {
        foreach (var rule in rules)
        {
            var count = open.GetValueOrDefault(rule) + (opens ? 1 : -1);
            if (count > 0)
                open[rule] = count;
            else
                open.Remove(rule);
        }
    }

    private static bool IsEnd(IpAddress address) => address == End(address.Family);

    private static IpAddress End(IpFamily family) => new(family, family == IpFamily.V4 ? uint.MaxValue : UInt128.MaxValue);

    private static IpAddress Before(IpAddress address) => address with { Value = address.Value - 1 };

    private static IpAddress After(IpAddress address) => address with { Value = address.Value + 1 };

    /// <summary>The rule sets that use a matcher, and the matchers that represent rule sets.</summary>
    private sealed class RuleSets
    {
        private readonly TraitTable _traits;
        private readonly Dictionary<int, (int Trait, int[] Rules)> _named = [];
        private List<(int Trait, int[] Rules)>? _ranked;
        private Dictionary<int, List<int>>? _rankedOf;

        /// <param name="traits">The traits.</param>
        /// <param name="ruleSetOf">The rule set that uses each matcher.</param>
        /// <param name="read">The rules of a set, ascending.</param>
        public RuleSets(TraitTable traits, Dictionary<int, int> ruleSetOf, Func<int, int[]> read)
        {
            _traits = traits;
            foreach (var (trait, ruleSet) in ruleSetOf)
            {
                ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_named, ruleSet, out var known);
                if (!known)
                    first = (trait, read(ruleSet));
                else if (traits[trait].Rank < traits[first.Trait].Rank)
                    first.Trait = trait;
            }
        }

        public int[] RulesOf(int ruleSet) => _named[ruleSet].Rules;

        /// <summary>Returns the matchers that represent a rule set, ascending.</summary>
        public int[] Represent(int ruleSet, SortedList<int, int> rules, ref long most)
        {
            if (_named.TryGetValue(ruleSet, out var same))
                return [same.Trait];
            var (members, missing) = (new SortedSet<int>(), rules.Keys.ToHashSet());
            var candidates = Candidates(rules);
            most -= candidates.Count;
            foreach (var (trait, part) in candidates)
            {
                if (!Array.TrueForAll(part, rules.ContainsKey) || !Array.Exists(part, missing.Contains))
                    continue;
                members.Add(trait);
                missing.ExceptWith(part);
                if (missing.Count == 0)
                    break;
            }
            return [.. members];
        }

        /// <summary>Returns the rule sets with any of the rules, lowest rank first. May return others too, if that is cheaper.</summary>
        private List<(int Trait, int[] Rules)> Candidates(SortedList<int, int> rules)
        {
            _ranked ??= [.. _named.Values.OrderBy(s => _traits[s.Trait].Rank)];
            _rankedOf ??= RankedOf(_ranked);
            return rules.Keys.Sum(r => (long)_rankedOf[r].Count) < _ranked.Count
                ? [.. rules.Keys.SelectMany(r => _rankedOf[r]).Distinct().Order().Select(p => _ranked[p])]
                : _ranked;
        }

        /// <summary>Returns, for each rule, the indices of the rule sets that contain it.</summary>
        private static Dictionary<int, List<int>> RankedOf(List<(int Trait, int[] Rules)> ranked)
        {
            var found = new Dictionary<int, List<int>>();
            for (var place = 0; place < ranked.Count; place++)
            {
                foreach (var rule in ranked[place].Rules)
                {
                    ref var places = ref CollectionsMarshal.GetValueRefOrAddDefault(found, rule, out _);
                    (places ??= []).Add(place);
                }
            }
            return found;
        }
    }
}
