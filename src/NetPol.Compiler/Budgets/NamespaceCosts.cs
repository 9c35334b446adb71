using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>
/// Follows what the NetworkPolicies of each namespace cost, and lets the policies of those that cost too much isolate. A namespace is counted again when
/// something changes that its costs depend on. What is found depends on the state alone.
/// </summary>
internal sealed class NamespaceCosts(ClusterIndex index, NamespaceBudget budget)
{
    private readonly SortedDictionary<string, SortedDictionary<PolicyId, FlatPolicy>> _policies = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ExceededBudget> _exceeded = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<string>> _usersOfTrait = [];
    private readonly HashSet<string> _usersOfNetworks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _usersOfNames = new(StringComparer.Ordinal);
    private readonly List<int> _live = [];

    /// <summary>The namespaces that exceed the budget, by name.</summary>
    public ValueArray<ExceededBudget> Exceeded => _exceeded.Values.ToValueArray();

    /// <summary>Takes a change in that the index has taken in already, and lets policies isolate, or allow again what they say.</summary>
    /// <param name="changes">The change.</param>
    /// <param name="made">What it changed in the index; takes up the kinds to whose pods other policies apply now.</param>
    public void Update(ClusterChanges changes, IndexChanges made)
    {
        var due = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, _) in changes.Policies)
        {
            if (id.Kind == PolicyKind.NetworkPolicy && Put(id))
                due.Add(id.Namespace);
        }
        foreach (var name in due)
            Register(name);
        due.UnionWith(changes.Pods.Select(p => p.Key.Namespace));
        // A pod of another namespace took the address of a finished one, or gave it back.
        due.UnionWith(made.Finished.SelectMany(c => index.FinishedAt(c.Address)).Select(p => p.Id.Namespace));
        AddUsers(made, due);
        foreach (var name in due.Order(StringComparer.Ordinal).Where(_policies.ContainsKey))
            Judge(name, made.Kinds);
        foreach (var gone in due.Where(n => !_policies.ContainsKey(n)))
            _exceeded.Remove(gone);
    }

    /// <returns>Whether the policy is another than it was.</returns>
    private bool Put(PolicyId id)
    {
        var flat = index.Policies.Find(id);
        if (flat is { IsIsolated: true })
            return false;
        if (!_policies.TryGetValue(id.Namespace, out var policies))
            _policies[id.Namespace] = policies = [];
        if (flat is not null)
            policies[id] = flat;
        else
            policies.Remove(id);
        if (policies.Count == 0)
            _policies.Remove(id.Namespace);
        return true;
    }

    /// <summary>Remembers what a namespace looks at. What it looked at before is forgotten only with the compiler: it is counted again once too often.</summary>
    private void Register(string name)
    {
        foreach (var policy in _policies.GetValueOrDefault(name)?.Values ?? Enumerable.Empty<FlatPolicy>())
        {
            foreach (var trait in policy.Ingress.Concat(policy.Egress).SelectMany(r => r.Traits).Append(policy.Subject))
            {
                if (!_usersOfTrait.TryGetValue(trait, out var users))
                    _usersOfTrait[trait] = users = new(StringComparer.Ordinal);
                users.Add(name);
                if (index.Traits[trait].Addresses is not null)
                    _usersOfNetworks.Add(name);
            }
            if (policy.Egress.Any(r => r.Names.Length > 0))
                _usersOfNames.Add(name);
        }
    }

    /// <summary>Adds the namespaces that look at anything that an address got or lost, where that can give a class or take one.</summary>
    private void AddUsers(IndexChanges made, HashSet<string> due)
    {
        while (_live.Count < index.Endpoints.Kinds.Count)
            _live.Add(0);
        var counts = new Dictionary<int, int>();
        foreach (var change in made.Addresses)
        {
            Count(change.Before, -1);
            Count(change.After, 1);
        }
        var turned = new HashSet<int>();
        foreach (var (kind, more) in counts)
        {
            if (_live[kind] > 0 != _live[kind] + more > 0)
                turned.Add(kind);
            _live[kind] += more;
        }
        foreach (var (before, after) in made.Addresses.Select(c => (c.Before, c.After)).Distinct())
        {
            var isTurned = turned.Contains(before) || turned.Contains(after);
            foreach (var trait in Traits(before).Except(Traits(after)).Concat(Traits(after).Except(Traits(before))))
            {
                if (index.Traits[trait].Port is not null)
                    due.UnionWith(_usersOfNames);
                else if (_usersOfTrait.TryGetValue(trait, out var users))
                    due.UnionWith(isTurned ? users : users.Where(_usersOfNetworks.Contains));
            }
        }
        foreach (var trait in made.Ranges)
            due.UnionWith(_usersOfTrait.GetValueOrDefault(trait) ?? []);

        void Count(int kind, int more)
        {
            if (kind != Endpoints.None)
                counts[kind] = counts.GetValueOrDefault(kind) + more;
        }
    }

    private IEnumerable<int> Traits(int kind)
    {
        if (kind == Endpoints.None)
            return [];
        var (traits, ports, _) = index.Endpoints.Kinds[kind];
        return traits.Concat(index.Ports.Sets.Read(ports));
    }

    private void Judge(string name, HashSet<int> kinds)
    {
        var exceeded = Count(name);
        if (exceeded is null)
            _exceeded.Remove(name);
        else
            _exceeded[name] = exceeded;
        foreach (var (id, policy) in _policies[name])
        {
            var isIsolated = index.Policies.Find(id)!.IsIsolated;
            if (isIsolated == exceeded is not null)
                continue;
            index.Policies.Remove(id);
            index.Policies.Add(exceeded is null ? policy : policy.Isolated());
            kinds.UnionWith(index.Endpoints.KindsOfTrait[policy.Subject]);
        }
    }

    /// <summary>Null when the namespace keeps to the budget.</summary>
    private ExceededBudget? Count(string name)
    {
        var policies = _policies[name].Values;
        if (Networks(policies) > budget.Networks)
            return new(name, BudgetLimit.Networks, budget.Networks, null);
        SideCost[] sides = [.. Enum.GetValues<Direction>().Select(d => new SideCost(index, IsLive, d, policies))];
        var nodes = SubjectsByNode(name);
        if (nodes.Count == 0 || IsSmall(sides, nodes.Values.Max(s => s.Length)))
            return null;
        if (!Array.TrueForAll(sides, s => s.TryFindClasses(budget.Overlaps)))
            return new(name, BudgetLimit.Overlaps, budget.Overlaps, null);
        return Exceeds(BudgetLimit.Entries, budget.Entries, kinds => Sum(kinds.SelectMany(k => Groups(sides, k)), g => g.Group.Entries(g.Side, budget.Entries)))
            ?? Exceeds(BudgetLimit.PortRanges, budget.PortRanges, kinds => Sum(Distinct(kinds), g => g.Group.Ports(g.Side, budget.PortRanges).PortRanges))
            ?? Exceeds(BudgetLimit.PortPolicies, budget.PortPolicies, kinds =>
                Sum(Distinct(kinds), g => g.Group.Ports(g.Side, budget.PortRanges).PortPolicies) + Distinct(kinds).SelectMany(g => g.Group.Rules).Distinct().Count());

        IEnumerable<(SideCost Side, GroupCost Group)> Distinct(int[] kinds) => kinds.Distinct().SelectMany(k => Groups(sides, k)).Distinct();

        ExceededBudget? Exceeds(BudgetLimit limit, int most, Func<int[], long> cost)
        {
            foreach (var (node, kinds) in nodes)
            {
                if (cost(kinds) > most)
                    return new(name, limit, most, node);
            }
            return null;
        }
    }

    /// <summary>The sum, or any number that is larger than every limit: what comes after it is not counted.</summary>
    private long Sum<T>(IEnumerable<T> items, Func<T, int> number)
    {
        var most = Math.Max(budget.Entries, Math.Max(budget.PortRanges, budget.PortPolicies));
        long sum = 0;
        foreach (var item in items)
        {
            if ((sum += number(item)) > most)
                break;
        }
        return sum;
    }

    private static IEnumerable<(SideCost Side, GroupCost Group)> Groups(SideCost[] sides, int kind) =>
        sides.Select(s => (Side: s, Group: s.GroupOf(kind))).Where(g => g.Group is not null)!;

    /// <summary>Whether the numbers of policies and pods alone say that no limit of a node can be exceeded.</summary>
    private bool IsSmall(SideCost[] sides, int subjects) =>
        sides.Sum(s => subjects * (s.MostClasses + s.Policies)) <= budget.Entries &&
        sides.Sum(s => (subjects * (s.MostClasses + 1)) + s.Rules) <= budget.PortPolicies &&
        sides.Sum(s => subjects * (s.MostClasses + 1) * (s.Ranges + 1)) <= budget.PortRanges;

    private int Networks(IEnumerable<FlatPolicy> policies) => policies.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => r.Traits).Distinct()
        .Select(t => index.Traits[t].Addresses).OfType<Peer.Network>().Sum(n => 1 + n.Except.Count);

    private bool IsLive(int kind) => _live[kind] > 0;

    /// <summary>By node, the kinds of the addresses at which the namespace's pods that it runs are subjects.</summary>
    private SortedDictionary<string, int[]> SubjectsByNode(string name)
    {
        var found = new SortedDictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var node in index.PodsIn(name).Where(p => p.Node is not null && !p.HostNetwork).GroupBy(p => p.Node!, StringComparer.Ordinal))
        {
            var subjects = node.SelectMany(p => p.Addresses.Where(a => index.IsSubjectAt(p, a))).Distinct().Select(a => index.SubjectAt(a).Kind).ToArray();
            if (subjects.Length > 0)
                found.Add(node.Key, subjects);
        }
        return found;
    }
}
