using System.Runtime.InteropServices;
using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>
/// Splits a large delta of rule sets into smaller ones that are programmed one after another, so that a small change does not wait for a large one. After each part, each enforcement point
/// evaluates every pair of subject and peer either as before the whole delta or as after it. DESIGN.md of the controller has the proof.
/// </summary>
public static class DeltaSplitter
{
    /// <summary>The weight of a port policy without its entries: it is a chain and up to three maps in the kernel.</summary>
    private const int PortPolicyWeight = 8;

    /// <summary>Returns the weight of a delta: about the number of kernel objects and elements that it adds or removes. Node addresses and networks weigh nothing. Zero for an empty delta.</summary>
    /// <param name="change">The change.</param>
    public static int Weigh(NodeRuleSetDelta change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return CountEntries(change.Decisions) + change.PortPolicies.Added.Sum(Weigh) + change.PortPolicies.Removed.Sum(Weigh) + CountEntries(change.ReadyPods)
            + Enum.GetValues<EnforcementPoint>().Select(change.RulesAt).Sum(h => CountEntries(h.Defaults) + CountEntries(h.Self) + CountEntries(h.Peers) + CountEntries(h.Networks) + CountEntries(h.Identities) + CountEntries(h.PolicyEntries));
    }

    /// <summary>Returns the part of a delta that is programmed first.</summary>
    /// <param name="before">The programmed rules.</param>
    /// <param name="change">Made from these rules.</param>
    /// <param name="most">The maximum weight of the result, see <see cref="Weigh(NodeRuleSetDelta)"/>. One group of entries that depend on each other may exceed it.</param>
    /// <returns>
    /// The whole delta if it is small or changes node addresses or networks. Otherwise the first groups of entries that do not depend on others: groups of namespaces whose changes together
    /// exceed <paramref name="most"/> are last; before that, groups that open no connection are first; then the lightest. If the first group is too heavy: first the port
    /// policies and policy entries that it needs and that no verdict uses yet, then the entries with effect, then policy entries that no verdict uses any more. Last the unused port policies. Empty only for an empty delta.
    /// </returns>
    public static NodeRuleSetDelta TakeFirst(NodeRuleSet before, NodeRuleSetDelta change, int most)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(change);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        if (Weigh(change) <= most || !IsSplittable(change))
            return change;
        var groups = new EntryGroups(before, change);
        if (groups.Count == 0)
            return RemoveUnusedPortPolicies(change, most);
        var portPolicies = change.PortPolicies.Added.ToDictionary(p => p.Id);
        var needed = groups.ByNumber(p => portPolicies.ContainsKey(p));
        var weights = needed.Select((ids, group) => groups.WeightOf(group) + ids.Sum(id => Weigh(portPolicies[id]))).ToArray();
        var order = groups.Order(weights, most);
        HashSet<int> taken = [];
        var weight = 0;
        foreach (var group in order.TakeWhile(g => (weight += weights[g]) <= most))
            taken.Add(group);
        ListChange<PortPolicy> coming;
        if (taken.Count > 0)
        {
            coming = Coming(taken.SelectMany(g => needed[g]));
            return groups.Select(taken) with { Decisions = Named(coming), PortPolicies = coming };
        }
        var heavy = order[0];
        if (needed[heavy].Count == 0)
            return groups.TakePart(heavy, most);
        coming = Coming(TakeLight([.. needed[heavy].Order()], id => Weigh(portPolicies[id]), most));
        return new() { Node = change.Node, Decisions = Named(coming), PortPolicies = coming };

        ListChange<PortPolicy> Coming(IEnumerable<PortPolicyId> ids) => new([], ids.Distinct().Order().Select(id => portPolicies[id]).ToValueArray());

        ListChange<Decision> Named(ListChange<PortPolicy> by)
        {
            var named = by.Added.SelectMany(p => p.Entries.Select(c => c.Decision).Append(p.Default)).ToHashSet();
            return new([], change.Decisions.Added.Where(d => named.Contains(d.Id)).ToValueArray());
        }
    }

    /// <summary>Returns whether a delta may open a connection that did not pass before. True also for some deltas that only close.</summary>
    /// <param name="before">The programmed rules.</param>
    /// <param name="change">Made from these rules.</param>
    public static bool MayOpen(NodeRuleSet before, NodeRuleSetDelta change)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(change);
        return !IsSplittable(change) || new EntryGroups(before, change).FindOpening().Count > 0;
    }

    private static bool IsSplittable(NodeRuleSetDelta change) => change.NodeAddresses.IsEmpty && change.AllNodeAddresses.IsEmpty && change.PodCidrs.IsEmpty && change.GrantedSources.IsEmpty;

    /// <summary>Removes a part of the unused port policies. Decisions go when no port policy refers to them.</summary>
    private static NodeRuleSetDelta RemoveUnusedPortPolicies(NodeRuleSetDelta change, int most)
    {
        var leaving = TakeLight(change.PortPolicies.Removed, Weigh, most);
        return leaving.Count < change.PortPolicies.Removed.Count ? new() { Node = change.Node, PortPolicies = new(leaving.ToValueArray(), []) } : change;
    }

    /// <summary>Returns the first items within the weight, and at least one.</summary>
    private static List<T> TakeLight<T>(IReadOnlyList<T> items, Func<T, int> weigh, int most)
    {
        var weight = 0;
        return [.. items.TakeWhile((item, i) => (weight += weigh(item)) <= most || i == 0)];
    }

    private static int Weigh(PortPolicy portPolicy) => PortPolicyWeight + portPolicy.Entries.Count;

    private static int CountEntries<T>(ListChange<T> change) => change.Removed.Count + change.Added.Count;

    /// <summary>Groups the entries of a delta so that no two groups affect the same pair of subject and peer.</summary>
    private sealed class EntryGroups
    {
        private readonly NodeRuleSet _before;
        private readonly NodeRuleSet _after;
        private readonly NodeRuleSetDelta _change;
        private readonly Dictionary<EnforcementPoint, (HashSet<PeerIdentity> Before, HashSet<PeerIdentity> After)> _named = [];
        private readonly List<int> _parents = [];
        private readonly Dictionary<IpAddress, int> _addresses = [];
        private readonly Dictionary<(EnforcementPoint Point, PeerIdentity Identity), int> _identities = [];
        private readonly Dictionary<(EnforcementPoint Point, AddressRange Range), int> _networks = [];
        private readonly Dictionary<int, int> _numbers = [];
        private readonly List<int> _weights = [];

        public EntryGroups(NodeRuleSet before, NodeRuleSetDelta change)
        {
            var after = change.Apply(before);
            (_before, _after, _change) = (before, after, change);
            // The entries of an address as a subject, a peer and a ready pod take effect at the same instant, at all enforcement points.
            foreach (var address in AllEntries(change.ReadyPods))
                NodeOf(address);
            foreach (var point in Enum.GetValues<EnforcementPoint>())
            {
                _named[point] = (NamedIdentities(before.RulesAt(point)), NamedIdentities(after.RulesAt(point)));
                Link(point, before.RulesAt(point), after.RulesAt(point), change.RulesAt(point));
            }
            foreach (var point in Enum.GetValues<EnforcementPoint>())
            {
                var rules = change.RulesAt(point);
                Weigh(rules.Defaults, r => NodeOf(r.Subject));
                Weigh(rules.Self, s => NodeOf(s.Subject));
                Weigh(rules.Peers, p => NodeOf(p.Address));
                Weigh(rules.Networks, n => _networks[(point, n.Range)]);
                Weigh(rules.Identities, c => NodeOf(point, c));
                Weigh(rules.PolicyEntries, c => NodeOf(c.Subject));
            }
            Weigh(change.ReadyPods, NodeOf);
        }

        public int Count => _weights.Count;

        public int WeightOf(int group) => _weights[group];

        /// <summary>Returns all groups in the order in which they are programmed.</summary>
        public int[] Order(int[] weights, int most)
        {
            var (late, opening) = (FindBacklog(weights, most), FindOpening());
            return [.. Enumerable.Range(0, Count).OrderBy(late.Contains).ThenBy(opening.Contains).ThenBy(g => weights[g])];
        }

        /// <summary>Returns the new port policies of each group.</summary>
        public HashSet<PortPolicyId>[] ByNumber(Func<PortPolicyId, bool> isWanted)
        {
            var needed = Enumerable.Range(0, Count).Select(_ => new HashSet<PortPolicyId>()).ToArray();
            foreach (var rules in Enum.GetValues<EnforcementPoint>().Select(_change.RulesAt))
            {
                foreach (var (subject, portPolicy) in rules.Defaults.Added.Concat(rules.Self.Added).Select(r => (r.Subject, r.PortPolicy)).Concat(rules.PolicyEntries.Added.Select(c => (c.Subject, c.PortPolicy))))
                {
                    if (isWanted(portPolicy))
                        needed[NumberOf(NodeOf(subject))].Add(portPolicy);
                }
            }
            return needed;
        }

        /// <summary>Returns the entries of some groups, without decisions and port policies.</summary>
        public NodeRuleSetDelta Select(HashSet<int> groups) => new()
        {
            Node = _change.Node,
            ReadyPods = Select(_change.ReadyPods, NodeOf, groups),
            PodEgress = Select(EnforcementPoint.PodEgress, groups),
            PodIngress = Select(EnforcementPoint.PodIngress, groups),
            PodToHost = Select(EnforcementPoint.PodToHost, groups),
        };

        /// <summary>
        /// Returns a part of a group that is too heavy for one instant, once all its port policies exist. First policy entries of identities that no peer has yet: no packet reaches them. Then the entries with effect.
        /// Last the policy entries of identities that no peer has any more.
        /// </summary>
        public NodeRuleSetDelta TakePart(int group, int most)
        {
            var whole = Select([group]);
            var effect = SelectPoints(whole, (point, r) => r with { Identities = r.Identities with { Removed = [] }, PolicyEntries = new(r.PolicyEntries.Removed.Where(c => _named[point].After.Contains(c.Identity)).ToValueArray(), r.PolicyEntries.Added) });
            foreach (var point in Enum.GetValues<EnforcementPoint>())
            {
                var (rules, named) = (whole.RulesAt(point), _named[point].Before);
                var entries = rules.PolicyEntries.Added.Where(c => !named.Contains(c.Identity)).Take(most).ToValueArray();
                if (entries.IsEmpty)
                    continue;
                var (identities, keys) = (entries.Select(c => c.Identity).ToHashSet(), entries.Select(c => (c.Identity, c.Subject)).ToHashSet());
                return OnlyPoint(point, new()
                {
                    Identities = new([], rules.Identities.Added.Where(identities.Contains).ToValueArray()),
                    PolicyEntries = new(rules.PolicyEntries.Removed.Where(c => keys.Contains((c.Identity, c.Subject))).ToValueArray(), entries),
                });
            }
            if (!effect.IsEmpty)
                return effect;
            var leaving = Enum.GetValues<EnforcementPoint>().First(point => !whole.RulesAt(point).IsEmpty);
            var left = whole.RulesAt(leaving);
            return OnlyPoint(leaving, left.PolicyEntries.Removed.Count > most ? new() { PolicyEntries = new(left.PolicyEntries.Removed.Take(most).ToValueArray(), []) } : left);
        }

        /// <summary>Returns the groups that are too heavy for one part, alone or with all other groups of their namespaces. The namespaces of a group are those of the policies that its entries name.</summary>
        private HashSet<int> FindBacklog(int[] weights, int most)
        {
            var decisions = _before.Decisions.Concat(_change.Decisions.Added).DistinctBy(d => d.Id).ToDictionary(d => d.Id, NamespacesOf);
            var portPolicies = _before.PortPolicies.Concat(_change.PortPolicies.Added).DistinctBy(p => p.Id).ToDictionary(p => p.Id);
            Dictionary<PortPolicyId, HashSet<string>> known = [];
            var owners = weights.Select(_ => new HashSet<string>(StringComparer.Ordinal)).ToArray();
            foreach (var rules in Enum.GetValues<EnforcementPoint>().Select(_change.RulesAt))
            {
                foreach (var (subject, id) in AllEntries(rules.Defaults).Concat(AllEntries(rules.Self)).Select(r => (r.Subject, r.PortPolicy)).Concat(AllEntries(rules.PolicyEntries).Select(c => (c.Subject, c.PortPolicy))))
                {
                    if (!known.TryGetValue(id, out var namespaces))
                        known[id] = namespaces = portPolicies[id].Entries.Select(e => e.Decision).Append(portPolicies[id].Default).Distinct().SelectMany(d => decisions[d]).ToHashSet(StringComparer.Ordinal);
                    owners[NumberOf(NodeOf(subject))].UnionWith(namespaces);
                }
            }
            Dictionary<string, long> totals = new(StringComparer.Ordinal);
            for (var group = 0; group < owners.Length; group++)
            {
                foreach (var owner in owners[group])
                    totals[owner] = totals.GetValueOrDefault(owner) + weights[group];
            }
            return [.. Enumerable.Range(0, Count).Where(g => weights[g] > most || (owners[g].Count > 0 && owners[g].All(o => totals[o] > most)))];
        }

        private static string[] NamespacesOf(Decision decision) =>
            [.. decision.IsolatedBy.Concat(decision.Policy is { } policy ? [policy] : []).Select(p => p.Namespace).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal)];

        /// <summary>Returns the groups after which a connection may pass that did not pass before. The others only close, or change nothing.</summary>
        public HashSet<int> FindOpening()
        {
            var (wereAllowed, areAllowed) = (AllowedPorts(_before), AllowedPorts(_after));
            Dictionary<(PortPolicyId?, PortPolicyId?), bool> compared = [];
            var opening = _change.ReadyPods.Added.Select(p => NumberOf(NodeOf(p))).ToHashSet();
            foreach (var point in Enum.GetValues<EnforcementPoint>().Where(p => !_change.RulesAt(p).IsEmpty))
            {
                var change = _change.RulesAt(point);
                var openings = new VerdictOpenings(_before.RulesAt(point), _after.RulesAt(point), IsMoreOpen);
                var subjects = AllEntries(change.Defaults).Concat(AllEntries(change.Self)).Select(r => r.Subject).Concat(AllEntries(change.PolicyEntries).Select(c => c.Subject)).ToHashSet();
                opening.UnionWith(openings.FindSubjects(subjects).Select(s => NumberOf(NodeOf(s))));
                opening.UnionWith(AllEntries(change.Peers).Select(p => p.Address).Distinct().Where(openings.OpensToPeer).Select(p => NumberOf(NodeOf(p))));
                opening.UnionWith(AllEntries(change.Networks).Where(n => openings.OpensToNetwork(n.Range)).Select(n => NumberOf(_networks[(point, n.Range)])));
            }
            return opening;

            bool IsMoreOpen(PortPolicyId? was, PortPolicyId? becomes)
            {
                if (was == becomes || was is null)
                    return false;
                if (!compared.TryGetValue((was, becomes), out var isMore))
                    compared[(was, becomes)] = isMore = !(becomes is { } id ? areAllowed(id) : PortSet.Everything).Except(wereAllowed(was.Value)).IsEmpty;
                return isMore;
            }
        }

        private static Func<PortPolicyId, PortSet> AllowedPorts(NodeRuleSet rules)
        {
            var allowing = rules.Decisions.Where(d => d.Verdict == Verdict.Allow).Select(d => d.Id).ToHashSet();
            var portPolicies = rules.PortPolicies.ToDictionary(p => p.Id);
            Dictionary<PortPolicyId, PortSet> known = [];
            return id => known.TryGetValue(id, out var ports) ? ports : known[id] = portPolicies[id].FindPorts(allowing.Contains);
        }

        private static HashSet<PeerIdentity> NamedIdentities(EnforcementRules rules) => [.. rules.Peers.Select(p => p.Identity), .. rules.Networks.Select(n => n.Identity)];

        private NodeRuleSetDelta OnlyPoint(EnforcementPoint point, EnforcementRulesDelta rules) => SelectPoints(new() { Node = _change.Node }, (h, none) => h == point ? rules : none);

        private static NodeRuleSetDelta SelectPoints(NodeRuleSetDelta change, Func<EnforcementPoint, EnforcementRulesDelta, EnforcementRulesDelta> narrow) => change with
        {
            PodEgress = narrow(EnforcementPoint.PodEgress, change.PodEgress),
            PodIngress = narrow(EnforcementPoint.PodIngress, change.PodIngress),
            PodToHost = narrow(EnforcementPoint.PodToHost, change.PodToHost),
        };

        private EnforcementRulesDelta Select(EnforcementPoint point, HashSet<int> groups)
        {
            var rules = _change.RulesAt(point);
            return new()
            {
                Defaults = Select(rules.Defaults, r => NodeOf(r.Subject), groups),
                Self = Select(rules.Self, s => NodeOf(s.Subject), groups),
                Peers = Select(rules.Peers, p => NodeOf(p.Address), groups),
                Networks = Select(rules.Networks, n => _networks[(point, n.Range)], groups),
                Identities = Select(rules.Identities, c => NodeOf(point, c), groups),
                PolicyEntries = Select(rules.PolicyEntries, c => NodeOf(c.Subject), groups),
            };
        }

        private ListChange<T> Select<T>(ListChange<T> change, Func<T, int> node, HashSet<int> groups) => new(
            change.Removed.Where(f => groups.Contains(NumberOf(node(f)))).ToValueArray(), change.Added.Where(f => groups.Contains(NumberOf(node(f)))).ToValueArray());

        private void Link(EnforcementPoint point, EnforcementRules before, EnforcementRules after, EnforcementRulesDelta change)
        {
            if (change.IsEmpty)
                return;
            var subjects = AllEntries(change.Defaults).Concat(AllEntries(change.Self)).Select(r => r.Subject).Concat(AllEntries(change.PolicyEntries).Select(c => c.Subject)).ToHashSet();
            var identities = AllEntries(change.Identities).Concat(AllEntries(change.PolicyEntries).Select(c => c.Identity)).ToHashSet();
            foreach (var entry in AllEntries(change.PolicyEntries))
                Union(NodeOf(point, entry.Identity), NodeOf(entry.Subject));
            var entries = Entries(point, before, after, change);
            var affected = entries.Select(e => e.Identity).ToHashSet();
            // A peer that changes its identity and a subject that changes form a pair if the identity has a policy entry for the subject.
            foreach (var entry in before.PolicyEntries.Concat(change.PolicyEntries.Added))
            {
                if (!affected.Contains(entry.Identity) || !subjects.Contains(entry.Subject))
                    continue;
                identities.Add(entry.Identity);
                Union(NodeOf(point, entry.Identity), NodeOf(entry.Subject));
            }
            foreach (var (node, id) in entries)
            {
                if (identities.Contains(id))
                    Union(node, NodeOf(point, id));
            }
        }

        /// <summary>Returns the changed peers and networks, each with its identity before and after.</summary>
        private List<(int Node, PeerIdentity Identity)> Entries(EnforcementPoint point, EnforcementRules before, EnforcementRules after, EnforcementRulesDelta change)
        {
            List<(int Node, PeerIdentity Identity)> entries = [];
            List<(AddressRange Range, int Node)> ranges = [];
            foreach (var (range, id) in AllEntries(change.Networks).OrderBy(n => n.Range.First))
            {
                if (ranges.Count > 0 && ranges[^1].Range.Last >= range.First)
                {
                    var (wide, same) = ranges[^1];
                    ranges[^1] = (new(wide.First, wide.Last > range.Last ? wide.Last : range.Last), same);
                }
                else
                {
                    ranges.Add((range, AddNode()));
                }
                _networks[(point, range)] = ranges[^1].Node;
                entries.Add((ranges[^1].Node, id));
            }
            var (was, becomes) = (new EnforcementRulesEvaluator(before), new EnforcementRulesEvaluator(after));
            foreach (var address in AllEntries(change.Peers).Select(p => p.Address).Distinct())
            {
                var node = NodeOf(address);
                if (was.FindIdentity(address) is { } old)
                    entries.Add((node, old));
                if (becomes.FindIdentity(address) is { } current)
                    entries.Add((node, current));
                var around = CollectionsMarshal.AsSpan(ranges).BinarySearch(new Holding(address));
                if (around >= 0)
                    Union(node, ranges[around].Node);
            }
            return entries;
        }

        private readonly struct Holding(IpAddress address) : IComparable<(AddressRange Range, int Node)>
        {
            public int CompareTo((AddressRange Range, int Node) other) => other.Range.Contains(address) ? 0 : address.CompareTo(other.Range.First);
        }

        private static IEnumerable<T> AllEntries<T>(ListChange<T> change) => change.Removed.Concat(change.Added);

        private void Weigh<T>(ListChange<T> change, Func<T, int> node)
        {
            foreach (var entry in AllEntries(change))
                _weights[NumberOf(node(entry))]++;
        }

        private int NumberOf(int node)
        {
            var root = RootOf(node);
            if (!_numbers.TryGetValue(root, out var number))
            {
                _numbers[root] = number = _weights.Count;
                _weights.Add(0);
            }
            return number;
        }

        private int NodeOf(IpAddress address) => _addresses.TryGetValue(address, out var node) ? node : _addresses[address] = AddNode();

        private int NodeOf(EnforcementPoint point, PeerIdentity id) => _identities.TryGetValue((point, id), out var node) ? node : _identities[(point, id)] = AddNode();

        private int AddNode()
        {
            _parents.Add(_parents.Count);
            return _parents.Count - 1;
        }

        private int RootOf(int node)
        {
            while (_parents[node] != node)
                node = _parents[node] = _parents[_parents[node]];
            return node;
        }

        private void Union(int one, int other) => _parents[RootOf(one)] = RootOf(other);
    }
}
