using System.Runtime.InteropServices;

namespace NetPol.Model.Rules;

/// <summary>
/// Splits a large delta of rule sets into smaller ones that are programmed one after another, so that a small change does not wait for a large one. After each part, each enforcement point
/// evaluates every pair of subject and peer either as before the whole delta or as after it. DESIGN.md of the controller has the proof.
/// </summary>
public static class IndependentChanges
{
    /// <summary>The weight of a port policy without its entries: it is a chain and up to three maps in the kernel.</summary>
    private const int ProfileWeight = 8;

    /// <summary>Returns the weight of a delta: about the number of kernel objects and elements that it adds or removes. Node addresses and networks weigh nothing. Zero for an empty delta.</summary>
    /// <param name="change">The change.</param>
    public static int WeightOf(NodeRuleSetDelta change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return SizeOf(change.Decisions) + change.Profiles.Added.Sum(WeightOf) + change.Profiles.Removed.Sum(WeightOf) + SizeOf(change.KnownPods)
            + Enum.GetValues<Hook>().Select(change.Rules).Sum(h => SizeOf(h.Rest) + SizeOf(h.Self) + SizeOf(h.Peers) + SizeOf(h.Networks) + SizeOf(h.Classes) + SizeOf(h.Cells));
    }

    /// <summary>Returns the part of a delta that is programmed first.</summary>
    /// <param name="before">The programmed rules.</param>
    /// <param name="change">Made from these rules.</param>
    /// <param name="most">The maximum weight of the result, see <see cref="WeightOf(NodeRuleSetDelta)"/>. One group of entries that depend on each other may exceed it.</param>
    /// <returns>
    /// The whole delta if it is small or changes node addresses or networks. Otherwise the lightest groups of entries that do not depend on others. If the lightest group is too heavy: first the port
    /// policies and policy entries that it needs and that no verdict uses yet, then the entries with effect, then policy entries that no verdict uses any more. Last the unused port policies. Empty only for an empty delta.
    /// </returns>
    public static NodeRuleSetDelta First(NodeRuleSet before, NodeRuleSetDelta change, int most)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(change);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        if (WeightOf(change) <= most || !change.NodeAddresses.IsEmpty || !change.AllNodeAddresses.IsEmpty || !change.PodNetworks.IsEmpty || !change.GrantedSources.IsEmpty)
            return change;
        var groups = new FactGroups(before, change);
        if (groups.Count == 0)
            return Cleared(change, most);
        var profiles = change.Profiles.Added.ToDictionary(p => p.Id);
        var needed = groups.ByNumber(p => profiles.ContainsKey(p));
        var weights = needed.Select((ids, group) => groups.WeightOf(group) + ids.Sum(id => WeightOf(profiles[id]))).ToArray();
        var order = Enumerable.Range(0, groups.Count).OrderBy(g => weights[g]).ToArray();
        HashSet<int> taken = [];
        var weight = 0;
        foreach (var group in order.TakeWhile(g => (weight += weights[g]) <= most))
            taken.Add(group);
        Change<PortProfile> coming;
        if (taken.Count > 0)
        {
            coming = Coming(taken.SelectMany(g => needed[g]));
            return groups.Select(taken) with { Decisions = Named(coming), Profiles = coming };
        }
        var heavy = order[0];
        if (needed[heavy].Count == 0)
            return groups.PartOf(heavy, most);
        coming = Coming(Light([.. needed[heavy].Order()], id => WeightOf(profiles[id]), most));
        return new() { Node = change.Node, Decisions = Named(coming), Profiles = coming };

        Change<PortProfile> Coming(IEnumerable<ProfileId> ids) => new([], ids.Distinct().Order().Select(id => profiles[id]).ToValueArray());

        Change<Decision> Named(Change<PortProfile> by)
        {
            var named = by.Added.SelectMany(p => p.Cells.Select(c => c.Decision).Append(p.Otherwise)).ToHashSet();
            return new([], change.Decisions.Added.Where(d => named.Contains(d.Id)).ToValueArray());
        }
    }

    /// <summary>Removes a part of the unused port policies. Decisions go when no port policy refers to them.</summary>
    private static NodeRuleSetDelta Cleared(NodeRuleSetDelta change, int most)
    {
        var leaving = Light(change.Profiles.Removed, WeightOf, most);
        return leaving.Count < change.Profiles.Removed.Count ? new() { Node = change.Node, Profiles = new(leaving.ToValueArray(), []) } : change;
    }

    /// <summary>Returns the first items within the weight, and at least one.</summary>
    private static List<T> Light<T>(IReadOnlyList<T> items, Func<T, int> weigh, int most)
    {
        var weight = 0;
        return [.. items.TakeWhile((item, i) => (weight += weigh(item)) <= most || i == 0)];
    }

    private static int WeightOf(PortProfile profile) => ProfileWeight + profile.Cells.Count;

    private static int SizeOf<T>(Change<T> change) => change.Removed.Count + change.Added.Count;

    /// <summary>Groups the entries of a delta so that no two groups affect the same pair of subject and peer.</summary>
    private sealed class FactGroups
    {
        private readonly NodeRuleSetDelta _change;
        private readonly Dictionary<Hook, (HashSet<ClassId> Before, HashSet<ClassId> After)> _named = [];
        private readonly List<int> _parents = [];
        private readonly Dictionary<IpAddress, int> _addresses = [];
        private readonly Dictionary<(Hook Hook, ClassId Class), int> _classes = [];
        private readonly Dictionary<(Hook Hook, AddressRange Range), int> _networks = [];
        private readonly Dictionary<int, int> _numbers = [];
        private readonly List<int> _weights = [];

        public FactGroups(NodeRuleSet before, NodeRuleSetDelta change)
        {
            _change = change;
            var after = change.Apply(before);
            // The entries of an address as a subject, a peer and a ready pod take effect at the same instant, at all enforcement points.
            foreach (var address in Both(change.KnownPods))
                NodeOf(address);
            foreach (var hook in Enum.GetValues<Hook>())
            {
                _named[hook] = (Named(before.Rules(hook)), Named(after.Rules(hook)));
                Link(hook, before.Rules(hook), after.Rules(hook), change.Rules(hook));
            }
            foreach (var hook in Enum.GetValues<Hook>())
            {
                var rules = change.Rules(hook);
                Weigh(rules.Rest, r => NodeOf(r.Subject));
                Weigh(rules.Self, s => NodeOf(s.Subject));
                Weigh(rules.Peers, p => NodeOf(p.Address));
                Weigh(rules.Networks, n => _networks[(hook, n.Range)]);
                Weigh(rules.Classes, c => NodeOf(hook, c));
                Weigh(rules.Cells, c => NodeOf(c.Subject));
            }
            Weigh(change.KnownPods, NodeOf);
        }

        public int Count => _weights.Count;

        public int WeightOf(int group) => _weights[group];

        /// <summary>Returns the new port policies of each group.</summary>
        public HashSet<ProfileId>[] ByNumber(Func<ProfileId, bool> isWanted)
        {
            var needed = Enumerable.Range(0, Count).Select(_ => new HashSet<ProfileId>()).ToArray();
            foreach (var rules in Enum.GetValues<Hook>().Select(_change.Rules))
            {
                foreach (var (subject, profile) in rules.Rest.Added.Concat(rules.Self.Added).Select(r => (r.Subject, r.Profile)).Concat(rules.Cells.Added.Select(c => (c.Subject, c.Profile))))
                {
                    if (isWanted(profile))
                        needed[NumberOf(NodeOf(subject))].Add(profile);
                }
            }
            return needed;
        }

        /// <summary>Returns the entries of some groups, without decisions and port policies.</summary>
        public NodeRuleSetDelta Select(HashSet<int> groups) => new()
        {
            Node = _change.Node,
            KnownPods = Select(_change.KnownPods, NodeOf, groups),
            Egress = Select(Hook.Egress, groups),
            Ingress = Select(Hook.Ingress, groups),
            EgressToNode = Select(Hook.EgressToNode, groups),
        };

        /// <summary>
        /// Returns a part of a group that is too heavy for one instant, once all its port policies exist. First policy entries of identities that no peer has yet: no packet reaches them. Then the entries with effect.
        /// Last the policy entries of identities that no peer has any more.
        /// </summary>
        public NodeRuleSetDelta PartOf(int group, int most)
        {
            var whole = Select([group]);
            var effect = Narrowed(whole, (hook, r) => r with { Classes = r.Classes with { Removed = [] }, Cells = new(r.Cells.Removed.Where(c => _named[hook].After.Contains(c.Class)).ToValueArray(), r.Cells.Added) });
            foreach (var hook in Enum.GetValues<Hook>())
            {
                var (rules, named) = (whole.Rules(hook), _named[hook].Before);
                var cells = rules.Cells.Added.Where(c => !named.Contains(c.Class)).Take(most).ToValueArray();
                if (cells.IsEmpty)
                    continue;
                var (classes, keys) = (cells.Select(c => c.Class).ToHashSet(), cells.Select(c => (c.Class, c.Subject)).ToHashSet());
                return Only(hook, new()
                {
                    Classes = new([], rules.Classes.Added.Where(classes.Contains).ToValueArray()),
                    Cells = new(rules.Cells.Removed.Where(c => keys.Contains((c.Class, c.Subject))).ToValueArray(), cells),
                });
            }
            if (!effect.IsEmpty)
                return effect;
            var leaving = Enum.GetValues<Hook>().First(hook => !whole.Rules(hook).IsEmpty);
            var left = whole.Rules(leaving);
            return Only(leaving, left.Cells.Removed.Count > most ? new() { Cells = new(left.Cells.Removed.Take(most).ToValueArray(), []) } : left);
        }

        private static HashSet<ClassId> Named(HookRules rules) => [.. rules.Peers.Select(p => p.Class), .. rules.Networks.Select(n => n.Class)];

        private NodeRuleSetDelta Only(Hook hook, HookRulesDelta rules) => Narrowed(new() { Node = _change.Node }, (h, none) => h == hook ? rules : none);

        private static NodeRuleSetDelta Narrowed(NodeRuleSetDelta change, Func<Hook, HookRulesDelta, HookRulesDelta> narrow) => change with
        {
            Egress = narrow(Hook.Egress, change.Egress),
            Ingress = narrow(Hook.Ingress, change.Ingress),
            EgressToNode = narrow(Hook.EgressToNode, change.EgressToNode),
        };

        private HookRulesDelta Select(Hook hook, HashSet<int> groups)
        {
            var rules = _change.Rules(hook);
            return new()
            {
                Rest = Select(rules.Rest, r => NodeOf(r.Subject), groups),
                Self = Select(rules.Self, s => NodeOf(s.Subject), groups),
                Peers = Select(rules.Peers, p => NodeOf(p.Address), groups),
                Networks = Select(rules.Networks, n => _networks[(hook, n.Range)], groups),
                Classes = Select(rules.Classes, c => NodeOf(hook, c), groups),
                Cells = Select(rules.Cells, c => NodeOf(c.Subject), groups),
            };
        }

        private Change<T> Select<T>(Change<T> change, Func<T, int> node, HashSet<int> groups) => new(
            change.Removed.Where(f => groups.Contains(NumberOf(node(f)))).ToValueArray(), change.Added.Where(f => groups.Contains(NumberOf(node(f)))).ToValueArray());

        private void Link(Hook hook, HookRules before, HookRules after, HookRulesDelta change)
        {
            if (change.IsEmpty)
                return;
            var subjects = Both(change.Rest).Concat(Both(change.Self)).Select(r => r.Subject).Concat(Both(change.Cells).Select(c => c.Subject)).ToHashSet();
            var classes = Both(change.Classes).Concat(Both(change.Cells).Select(c => c.Class)).ToHashSet();
            foreach (var cell in Both(change.Cells))
                Unite(NodeOf(hook, cell.Class), NodeOf(cell.Subject));
            var entries = Entries(hook, before, after, change);
            var meant = entries.Select(e => e.Class).ToHashSet();
            // A peer that changes its identity and a subject that changes form a pair if the identity has a policy entry for the subject.
            foreach (var cell in before.Cells.Concat(change.Cells.Added))
            {
                if (!meant.Contains(cell.Class) || !subjects.Contains(cell.Subject))
                    continue;
                classes.Add(cell.Class);
                Unite(NodeOf(hook, cell.Class), NodeOf(cell.Subject));
            }
            foreach (var (node, id) in entries)
            {
                if (classes.Contains(id))
                    Unite(node, NodeOf(hook, id));
            }
        }

        /// <summary>Returns the changed peers and networks, each with its identity before and after.</summary>
        private List<(int Node, ClassId Class)> Entries(Hook hook, HookRules before, HookRules after, HookRulesDelta change)
        {
            List<(int Node, ClassId Class)> entries = [];
            List<(AddressRange Range, int Node)> ranges = [];
            foreach (var (range, id) in Both(change.Networks).OrderBy(n => n.Range.First))
            {
                if (ranges.Count > 0 && ranges[^1].Range.Last >= range.First)
                {
                    var (wide, same) = ranges[^1];
                    ranges[^1] = (new(wide.First, wide.Last > range.Last ? wide.Last : range.Last), same);
                }
                else
                {
                    ranges.Add((range, New()));
                }
                _networks[(hook, range)] = ranges[^1].Node;
                entries.Add((ranges[^1].Node, id));
            }
            var (was, becomes) = (new HookEvaluator(before), new HookEvaluator(after));
            foreach (var address in Both(change.Peers).Select(p => p.Address).Distinct())
            {
                var node = NodeOf(address);
                if (was.ClassOf(address) is { } old)
                    entries.Add((node, old));
                if (becomes.ClassOf(address) is { } current)
                    entries.Add((node, current));
                var around = CollectionsMarshal.AsSpan(ranges).BinarySearch(new Holding(address));
                if (around >= 0)
                    Unite(node, ranges[around].Node);
            }
            return entries;
        }

        private readonly struct Holding(IpAddress address) : IComparable<(AddressRange Range, int Node)>
        {
            public int CompareTo((AddressRange Range, int Node) other) => other.Range.Contains(address) ? 0 : address.CompareTo(other.Range.First);
        }

        private static IEnumerable<T> Both<T>(Change<T> change) => change.Removed.Concat(change.Added);

        private void Weigh<T>(Change<T> change, Func<T, int> node)
        {
            foreach (var fact in Both(change))
                _weights[NumberOf(node(fact))]++;
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

        private int NodeOf(IpAddress address) => _addresses.TryGetValue(address, out var node) ? node : _addresses[address] = New();

        private int NodeOf(Hook hook, ClassId id) => _classes.TryGetValue((hook, id), out var node) ? node : _classes[(hook, id)] = New();

        private int New()
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

        private void Unite(int one, int other) => _parents[RootOf(one)] = RootOf(other);
    }
}
