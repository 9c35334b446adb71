using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>
/// Tracks the cost of each namespace's NetworkPolicies, and isolates the policies of namespaces that exceed the budget. Counts a namespace again when an
/// object changes that its cost depends on. The result depends only on the current state.
/// </summary>
internal sealed class NamespaceCostTracker(ClusterIndex index, NamespaceBudget budget)
{
    private readonly SortedDictionary<string, SortedDictionary<PolicyId, NormalizedPolicy>> _policies = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ExceededBudget> _exceeded = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<string>> _namespacesByMatcher = [];
    private readonly HashSet<string> _namespacesWithNetworks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _namespacesWithPortNames = new(StringComparer.Ordinal);
    private readonly List<int> _endpointCounts = [];

    /// <summary>The namespaces that exceed the budget, by name.</summary>
    public ValueArray<ExceededBudget> Exceeded => _exceeded.Values.ToValueArray();

    /// <summary>Updates the costs after the index has applied a change. Isolates policies, or restores their rules.</summary>
    /// <param name="changes">The change.</param>
    /// <param name="made">The effect on the index. Receives the endpoint classes whose policies were isolated or restored.</param>
    public void Update(ClusterChanges changes, IndexChanges made)
    {
        var due = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, _) in changes.Policies)
        {
            if (id.Kind == PolicyKind.NetworkPolicy && UpdatePolicy(id))
                due.Add(id.Namespace);
        }
        foreach (var name in due)
            RegisterDependencies(name);
        due.UnionWith(changes.Pods.Select(p => p.Key.Namespace));
        // A pod of another namespace may have taken or released the address of a finished pod.
        due.UnionWith(made.FinishedAddresses.SelectMany(c => index.FinishedAt(c.Address)).Select(p => p.Id.Namespace));
        AddAffectedNamespaces(made, due);
        foreach (var name in due.Order(StringComparer.Ordinal).Where(_policies.ContainsKey))
            UpdateIsolation(name, made.EndpointClasses);
        foreach (var removed in due.Where(n => !_policies.ContainsKey(n)))
            _exceeded.Remove(removed);
    }

    /// <returns>Whether the policy changed.</returns>
    private bool UpdatePolicy(PolicyId id)
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

    /// <summary>Records the matchers that a namespace uses. Old entries stay until compaction; they only cause unnecessary counts.</summary>
    private void RegisterDependencies(string name)
    {
        foreach (var policy in _policies.GetValueOrDefault(name)?.Values ?? Enumerable.Empty<NormalizedPolicy>())
        {
            foreach (var matcher in policy.Ingress.Concat(policy.Egress).SelectMany(r => r.Matchers).Append(policy.Subject))
            {
                if (!_namespacesByMatcher.TryGetValue(matcher, out var users))
                    _namespacesByMatcher[matcher] = users = new(StringComparer.Ordinal);
                users.Add(name);
                if (index.Matchers[matcher].Addresses is not null)
                    _namespacesWithNetworks.Add(name);
            }
            if (policy.Egress.Any(r => r.PortNames.Length > 0))
                _namespacesWithPortNames.Add(name);
        }
    }

    /// <summary>Adds the namespaces that use a matcher which an address gained or lost, if that can add or remove an identity.</summary>
    private void AddAffectedNamespaces(IndexChanges made, HashSet<string> due)
    {
        while (_endpointCounts.Count < index.Endpoints.Classes.Count)
            _endpointCounts.Add(0);
        var counts = new Dictionary<int, int>();
        foreach (var change in made.Addresses)
        {
            Count(change.OldClass, -1);
            Count(change.NewClass, 1);
        }
        var appearedOrRemoved = new HashSet<int>();
        foreach (var (endpointClass, more) in counts)
        {
            if (_endpointCounts[endpointClass] > 0 != _endpointCounts[endpointClass] + more > 0)
                appearedOrRemoved.Add(endpointClass);
            _endpointCounts[endpointClass] += more;
        }
        foreach (var (before, after) in made.Addresses.Select(c => (c.OldClass, c.NewClass)).Distinct())
        {
            var mayChangeIdentities = appearedOrRemoved.Contains(before) || appearedOrRemoved.Contains(after);
            foreach (var matcher in MatchersOf(before).Except(MatchersOf(after)).Concat(MatchersOf(after).Except(MatchersOf(before))))
            {
                if (index.Matchers[matcher].Port is not null)
                    due.UnionWith(_namespacesWithPortNames);
                else if (_namespacesByMatcher.TryGetValue(matcher, out var users))
                    due.UnionWith(mayChangeIdentities ? users : users.Where(_namespacesWithNetworks.Contains));
            }
        }
        foreach (var matcher in made.Ranges)
            due.UnionWith(_namespacesByMatcher.GetValueOrDefault(matcher) ?? []);

        void Count(int endpointClass, int more)
        {
            if (endpointClass != EndpointTable.None)
                counts[endpointClass] = counts.GetValueOrDefault(endpointClass) + more;
        }
    }

    private IEnumerable<int> MatchersOf(int endpointClass)
    {
        if (endpointClass == EndpointTable.None)
            return [];
        var (matchers, ports, _) = index.Endpoints.Classes[endpointClass];
        return matchers.Concat(index.NamedPorts.Sets.Read(ports));
    }

    private void UpdateIsolation(string name, HashSet<int> endpointClasses)
    {
        var exceeded = FindExceeded(name);
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
            index.Policies.Add(exceeded is null ? policy : policy.WithoutRules());
            endpointClasses.UnionWith(index.Endpoints.ClassesByMatcher[policy.Subject]);
        }
    }

    /// <summary>Returns the first exceeded limit. Null if the namespace is within its budget.</summary>
    private ExceededBudget? FindExceeded(string name)
    {
        var policies = _policies[name].Values;
        if (CountNetworks(policies) > budget.Networks)
            return new(name, BudgetLimit.Networks, budget.Networks, null);
        DirectionCost[] sides = [.. Enum.GetValues<Direction>().Select(d => new DirectionCost(index, HasEndpoints, d, policies))];
        var nodes = SubjectsByNode(name);
        if (nodes.Count == 0 || IsWithinByCounts(sides, nodes.Values.Max(s => s.Length)))
            return null;
        if (!Array.TrueForAll(sides, s => s.TryFindIdentities(budget.Overlaps)))
            return new(name, BudgetLimit.Overlaps, budget.Overlaps, null);
        return Exceeds(BudgetLimit.Entries, budget.Entries, endpointClasses => Sum(endpointClasses.SelectMany(k => PolicySetCosts(sides, k)), g => g.PolicySet.CountEntries(g.Side, budget.Entries)))
            ?? Exceeds(BudgetLimit.PortRanges, budget.PortRanges, endpointClasses => Sum(Distinct(endpointClasses), g => g.PolicySet.CountPorts(g.Side, budget.PortRanges).PortRanges))
            ?? Exceeds(BudgetLimit.PortPolicies, budget.PortPolicies, endpointClasses =>
                Sum(Distinct(endpointClasses), g => g.PolicySet.CountPorts(g.Side, budget.PortRanges).PortPolicies) + Distinct(endpointClasses).SelectMany(g => g.PolicySet.Rules).Distinct().Count());

        IEnumerable<(DirectionCost Side, PolicySetCost PolicySet)> Distinct(int[] endpointClasses) => endpointClasses.Distinct().SelectMany(k => PolicySetCosts(sides, k)).Distinct();

        ExceededBudget? Exceeds(BudgetLimit limit, int most, Func<int[], long> cost)
        {
            foreach (var (node, endpointClasses) in nodes)
            {
                if (cost(endpointClasses) > most)
                    return new(name, limit, most, node);
            }
            return null;
        }
    }

    /// <summary>Returns the sum. Stops early, with a partial sum, when it exceeds every limit.</summary>
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

    private static IEnumerable<(DirectionCost Side, PolicySetCost PolicySet)> PolicySetCosts(DirectionCost[] sides, int endpointClass) =>
        sides.Select(s => (Side: s, PolicySet: s.PolicySetOf(endpointClass))).Where(g => g.PolicySet is not null)!;

    /// <summary>Whether upper bounds alone show that no per-node limit is exceeded.</summary>
    private bool IsWithinByCounts(DirectionCost[] sides, int subjects) =>
        sides.Sum(s => subjects * (s.MaxIdentities + s.PolicyCount)) <= budget.Entries &&
        sides.Sum(s => (subjects * (s.MaxIdentities + 1)) + s.RuleCount) <= budget.PortPolicies &&
        sides.Sum(s => subjects * (s.MaxIdentities + 1) * (s.MaxPortRanges + 1)) <= budget.PortRanges;

    private int CountNetworks(IEnumerable<NormalizedPolicy> policies) => policies.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => r.Matchers).Distinct()
        .Select(t => index.Matchers[t].Addresses).OfType<Peer.Network>().Sum(n => 1 + n.Except.Count);

    private bool HasEndpoints(int endpointClass) => _endpointCounts[endpointClass] > 0;

    /// <summary>Returns, for each node, the endpoint classes of the namespace's subject addresses.</summary>
    private SortedDictionary<string, int[]> SubjectsByNode(string name)
    {
        var found = new SortedDictionary<string, int[]>(StringComparer.Ordinal);
        foreach (var node in index.PodsIn(name).Where(p => p.Node is not null && !p.HostNetwork).GroupBy(p => p.Node!, StringComparer.Ordinal))
        {
            var subjects = node.SelectMany(p => p.Addresses.Where(a => index.IsSubjectAt(p, a))).Distinct().Select(a => index.SubjectAt(a).EndpointClass).ToArray();
            if (subjects.Length > 0)
                found.Add(node.Key, subjects);
        }
        return found;
    }
}
