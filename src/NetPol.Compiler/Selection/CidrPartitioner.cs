using System.Runtime.InteropServices;
using NetPol.Model.Net;

namespace NetPol.Compiler.Selection;

/// <summary>
/// Splits the addresses in rules into disjoint ranges. Ranges that the same rules match share one identity, independent of the number of networks. A range
/// costs one element of one map.
/// </summary>
/// <remarks>
/// An identity is a set of matchers, and it must not change when one of ten thousand networks is added or removed. So the matcher with the lowest
/// <see cref="PeerMatcher.Order"/> among those that exactly these rules use represents a rule set. If there is none, because networks of different rules overlap, several matchers
/// that only rules of the set use represent it: in order of rank, each that adds a rule. Two rule sets never have the same matchers.
/// </remarks>
/// <param name="matchers">The matchers.</param>
/// <param name="identities">Numbers sets of matchers.</param>
internal sealed class CidrPartitioner(PeerMatcherTable matchers, SequenceTrie identities)
{
    private readonly SequenceTrie _ruleSets = new();
    private readonly Dictionary<int, int> _ruleSetOf = [];
    private readonly HashSet<NormalizedRule> _rules = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds a rule. Ignores peers that are neither networks nor nodes, and rules that were added before.</summary>
    public void Add(NormalizedRule rule)
    {
        if (!Array.Exists(rule.Matchers, t => matchers[t].Addresses is not null) || !_rules.Add(rule))
            return;
        foreach (var matcher in rule.Matchers)
        {
            if (matchers[matcher].Addresses is null)
                continue;
            ref var rules = ref CollectionsMarshal.GetValueRefOrAddDefault(_ruleSetOf, matcher, out _);
            rules = _ruleSets.Next(rules, _rules.Count);
        }
    }

    /// <summary>Returns the ordered ranges with their identities. Adjacent ranges have different identities. Addresses that no rule names are in no range.</summary>
    public List<(AddressRange Range, int Identity)> Partition(Func<int, AddressRange[]> rangesOf) => TryPartition(rangesOf, long.MaxValue)!;

    /// <summary>As <see cref="Partition"/>, but returns null after <paramref name="most"/> steps: one for each rule that matches a range, and for each rule set that may be part of another.</summary>
    public List<(AddressRange Range, int Identity)>? TryPartition(Func<int, AddressRange[]> rangesOf, long most)
    {
        // Ranges close before others open at the same address.
        var edges = Edges(rangesOf);
        edges.Sort();
        var sets = new RuleSetMatchers(matchers, _ruleSetOf, _ruleSets.Read);
        var identityOf = new Dictionary<int, int>();
        var found = new List<(AddressRange Range, int Identity)>();
        var open = new SortedList<int, int>();
        for (var i = 0; i < edges.Count;)
        {
            var at = edges[i].At;
            if (i > 0 && edges[i - 1].At.Family != at.Family)
                open.Clear();
            for (; i < edges.Count && edges[i].At == at; i++)
                UpdateOpenRules(open, edges[i].Opens, sets.RulesOf(edges[i].RuleSet));
            if (open.Count == 0)
                continue;
            most -= open.Count;
            var ruleSet = open.Keys.Aggregate(SequenceTrie.Root, _ruleSets.Next);
            if (!identityOf.TryGetValue(ruleSet, out var peerIdentity))
                identityOf[ruleSet] = peerIdentity = identities.GetOrAdd(sets.Represent(ruleSet, open, ref most));
            if (most < 0)
                return null;
            var last = i < edges.Count && edges[i].At.Family == at.Family ? Before(edges[i].At) : End(at.Family);
            if (found.Count > 0 && found[^1].Identity == peerIdentity && found[^1].Range.Last.Family == at.Family && After(found[^1].Range.Last) == at)
                found[^1] = (found[^1].Range with { Last = last }, peerIdentity);
            else
                found.Add((new(at, last), peerIdentity));
        }
        return found;
    }

    private List<(IpAddress At, bool Opens, int RuleSet)> Edges(Func<int, AddressRange[]> rangesOf)
    {
        var edges = new List<(IpAddress At, bool Opens, int RuleSet)>();
        foreach (var (matcher, rules) in _ruleSetOf)
        {
            foreach (var range in rangesOf(matcher))
            {
                edges.Add((range.First, true, rules));
                if (!IsEnd(range.Last))
                    edges.Add((After(range.Last), false, rules));
            }
        }
        return edges;
    }

    /// <summary>Updates the number of open ranges of each rule.</summary>
    private static void UpdateOpenRules(SortedList<int, int> open, bool opens, int[] rules)
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
    private sealed class RuleSetMatchers
    {
        private readonly PeerMatcherTable _matchers;
        private readonly Dictionary<int, (int Matcher, int[] Rules)> _named = [];
        private List<(int Matcher, int[] Rules)>? _ranked;
        private Dictionary<int, List<int>>? _rankedOf;

        /// <param name="matchers">The matchers.</param>
        /// <param name="ruleSetOf">The rule set that uses each matcher.</param>
        /// <param name="read">The rules of a set, ascending.</param>
        public RuleSetMatchers(PeerMatcherTable matchers, Dictionary<int, int> ruleSetOf, Func<int, int[]> read)
        {
            _matchers = matchers;
            foreach (var (matcher, ruleSet) in ruleSetOf)
            {
                ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_named, ruleSet, out var known);
                if (!known)
                    first = (matcher, read(ruleSet));
                else if (matchers[matcher].Order < matchers[first.Matcher].Order)
                    first.Matcher = matcher;
            }
        }

        public int[] RulesOf(int ruleSet) => _named[ruleSet].Rules;

        /// <summary>Returns the matchers that represent a rule set, ascending.</summary>
        public int[] Represent(int ruleSet, SortedList<int, int> rules, ref long most)
        {
            if (_named.TryGetValue(ruleSet, out var same))
                return [same.Matcher];
            var (members, missing) = (new SortedSet<int>(), rules.Keys.ToHashSet());
            var candidates = Candidates(rules);
            most -= candidates.Count;
            foreach (var (matcher, part) in candidates)
            {
                if (!Array.TrueForAll(part, rules.ContainsKey) || !Array.Exists(part, missing.Contains))
                    continue;
                members.Add(matcher);
                missing.ExceptWith(part);
                if (missing.Count == 0)
                    break;
            }
            return [.. members];
        }

        /// <summary>Returns the rule sets with any of the rules, lowest rank first. May return others too, if that is cheaper.</summary>
        private List<(int Matcher, int[] Rules)> Candidates(SortedList<int, int> rules)
        {
            _ranked ??= [.. _named.Values.OrderBy(s => _matchers[s.Matcher].Order)];
            _rankedOf ??= RankedOf(_ranked);
            return rules.Keys.Sum(r => (long)_rankedOf[r].Count) < _ranked.Count
                ? [.. rules.Keys.SelectMany(r => _rankedOf[r]).Distinct().Order().Select(p => _ranked[p])]
                : _ranked;
        }

        /// <summary>Returns, for each rule, the indices of the rule sets that contain it.</summary>
        private static Dictionary<int, List<int>> RankedOf(List<(int Matcher, int[] Rules)> ranked)
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

/// <summary>Finds the ranges of addresses. Addresses must be requested in ascending order.</summary>
internal sealed class RangeCursor(List<(AddressRange Range, int Identity)> networks)
{
    private int _first;

    /// <summary>Returns the identity of the range that contains the address, or the root.</summary>
    public int IdentityAt(IpAddress address)
    {
        var last = _first < networks.Count && networks[_first].Range.Last >= address ? -1 : networks.Count - 1;
        for (var low = _first; low <= last;)
        {
            var middle = (low + last) >>> 1;
            if (networks[middle].Range.Last < address)
                _first = low = middle + 1;
            else
                last = middle - 1;
        }
        return _first < networks.Count && networks[_first].Range.First <= address ? networks[_first].Identity : SequenceTrie.Root;
    }
}
