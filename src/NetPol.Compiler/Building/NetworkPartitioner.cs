using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>
/// Splits the addresses that rules name into disjoint ranges. Ranges that the same rules match have one class, however many networks these rules name: a range
/// costs one element of one map.
/// </summary>
/// <remarks>
/// A class is a set of traits, and its id must not change when one of ten thousand networks comes or goes. So a set of rules is represented by the trait of the lowest
/// <see cref="Trait.Rank"/> that exactly these rules name. Where none is, because networks of different rules overlap, it is represented by the traits that only rules of
/// the set name: the lowest rank first, each that adds a rule. Two sets of rules never have the same traits, since the rules that name the traits are the set.
/// </remarks>
/// <param name="traits">The traits.</param>
/// <param name="classes">Numbers sets of traits.</param>
internal sealed class NetworkPartitioner(TraitTable traits, SequenceTrie classes)
{
    private readonly SequenceTrie _ruleSets = new();
    private readonly Dictionary<int, int> _ruleSetOf = [];
    private readonly HashSet<FlatRule> _rules = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds a rule. Its peers that are neither networks nor nodes do not count, and a rule that was added already does not either.</summary>
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

    /// <summary>The ranges in order, each with its class. Adjacent ranges differ in class; an address that no rule names is in no range.</summary>
    public List<(AddressRange Range, int Class)> Partition(Func<int, AddressRange[]> rangesOf) => TryPartition(rangesOf, long.MaxValue)!;

    /// <summary>The same; null when it takes more than <paramref name="most"/> steps: one for each rule that matches a range, and for each set of rules that may be part of another.</summary>
    public List<(AddressRange Range, int Class)>? TryPartition(Func<int, AddressRange[]> rangesOf, long most)
    {
        // Closing goes before opening, so that a set of rules may close and open at one address.
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

    /// <summary>Counts the ranges that hold an address, by rule.</summary>
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

    /// <summary>The sets of rules that name a trait, and the traits that represent these and other sets.</summary>
    private sealed class RuleSets
    {
        private readonly TraitTable _traits;
        private readonly Dictionary<int, (int Trait, int[] Rules)> _named = [];
        private List<(int Trait, int[] Rules)>? _ranked;
        private Dictionary<int, List<int>>? _rankedOf;

        /// <param name="traits">The traits.</param>
        /// <param name="ruleSetOf">The set of rules that name each trait.</param>
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

        /// <summary>The traits that represent a set of rules, ascending.</summary>
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

        /// <summary>The sets with any of the rules, the lowest rank first; perhaps sets without any too, where that is less to look at.</summary>
        private List<(int Trait, int[] Rules)> Candidates(SortedList<int, int> rules)
        {
            _ranked ??= [.. _named.Values.OrderBy(s => _traits[s.Trait].Rank)];
            _rankedOf ??= RankedOf(_ranked);
            return rules.Keys.Sum(r => (long)_rankedOf[r].Count) < _ranked.Count
                ? [.. rules.Keys.SelectMany(r => _rankedOf[r]).Distinct().Order().Select(p => _ranked[p])]
                : _ranked;
        }

        /// <summary>By rule, the places of the sets that have it.</summary>
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
