using NetPol.Compiler.Budgets;
using NetPol.Compiler.RuleSets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler;

/// <summary>
/// Keeps the rule sets of a cluster that changes. After any changes the rule sets are those that <see cref="PolicyCompiler.Compile"/> gives
/// for the state reached. A change costs what it changes on the nodes that look at it; an object that is as it was costs nothing. When compiling
/// fails, the policies at fault are found and isolated, and stay so until they change. Not for use by two threads at once.
/// </summary>
/// <param name="inspect">
/// Called with each policy before it is compiled; what it throws is a failure to compile that policy. For tests and measurements; null for nothing.
/// </param>
/// <param name="budget">What the NetworkPolicies of a namespace may cost; null for no limits.</param>
public sealed class IncrementalCompiler(Action<Policy>? inspect = null, NamespaceBudget? budget = null)
{
    private readonly Dictionary<string, LazyNodeRuleSet> _rules = new(StringComparer.Ordinal);
    private readonly SortedDictionary<PolicyId, (Policy Written, PolicyIsolation Isolation)> _isolated = [];
    private CompiledCluster _cluster = new(inspect, budget);
    private ClusterSnapshot? _failedSnapshot;

    /// <summary>The state reached, put together when it is asked for. Policies that are isolated say so.</summary>
    public ClusterSnapshot Cluster => BudgetCheck.IsolateExceeded(AppliedSnapshot, ExceededBudgets);

    /// <summary>The namespaces whose NetworkPolicies cost more than the budget and are isolated, by name.</summary>
    public ValueArray<ExceededBudget> ExceededBudgets => _cluster.ExceededBudgets;

    /// <summary>The policies that were isolated because compiling them fails, by id.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> IsolatedPolicies => _isolated.ToDictionary(p => p.Key, p => p.Value.Isolation);

    /// <summary>
    /// Why the rules do not follow the state reached; null when they do. Compiling then fails whatever policies are isolated; the rules are those of
    /// the last state that could be compiled, and the next change tries again.
    /// </summary>
    public Exception? Failure { get; private set; }

    /// <summary>The state reached, without what budgets make of it: a namespace may keep to its budget after the next change.</summary>
    private ClusterSnapshot AppliedSnapshot => _failedSnapshot ?? _cluster.Snapshot;

    /// <summary>The rules of a node; the empty ones for a node that nothing names.</summary>
    public LazyNodeRuleSet RulesOf(string node) => _rules.GetValueOrDefault(node) ?? new(NodeRuleSet.CreateEmpty(node));

    /// <summary>Takes the changes in, all at once.</summary>
    /// <returns>By node name, what changed on the nodes where anything did; a node that nothing names any more goes to the empty rule set.</returns>
    public ValueArray<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        changes = changes with { Policies = changes.Policies.Select(p => KeyValuePair.Create(p.Key, KeepIsolation(p.Key, p.Value))).ToValueArray() };
        var deltas = Compile(changes);
        var changed = deltas.Where(d => !d.IsEmpty).OrderBy(d => d.Node, StringComparer.Ordinal).ToValueArray();
        foreach (var delta in changed)
            _rules[delta.Node] = RulesOf(delta.Node).Apply(delta);
        if (Failure is not null)
            return changed;
        foreach (var gone in deltas.Where(d => !_cluster.IsKnownNode(d.Node)))
            _rules.Remove(gone.Node);
        // Begins anew with what is there, which gives the same rules.
        if (_cluster.NeedsCompaction && FullCompilation.TryCompile(_cluster.Snapshot, inspect, budget, out _) is { } renewed)
            _cluster = renewed.Cluster;
        return changed;
    }

    private Policy? KeepIsolation(PolicyId id, Policy? policy)
    {
        if (!_isolated.TryGetValue(id, out var isolated))
            return policy;
        if (policy == isolated.Written)
            return policy! with { Isolation = isolated.Isolation };
        _isolated.Remove(id);
        return policy;
    }

    private List<NodeRuleSetDelta> Compile(ClusterChanges changes)
    {
        if (_failedSnapshot is not null)
            return Recover(changes);
        try
        {
            return _cluster.Apply(changes);
        }
        catch (Exception error) when (FullCompilation.IsCompileFailure(error))
        {
            return Recover(changes);
        }
    }

    /// <summary>Compiles anew, without what cannot be compiled. What the failure left of the compiled cluster is not used any more but for its objects.</summary>
    private List<NodeRuleSetDelta> Recover(ClusterChanges changes)
    {
        var target = changes.ApplyTo(AppliedSnapshot);
        if (FullCompilation.TryCompile(target, inspect, budget, out var error) is { } whole)
            return Adopt(whole);
        var search = new IsolationSearch(changes.Policies.Where(p => p.Value is not null).Select(p => p.Key), target.Policies.Select(p => p.Id));
        FullCompilation? best = null;
        while (search.Trial is { } trial)
        {
            var attempt = FullCompilation.TryCompile(target.WithIsolatedPolicies(trial, FormatReason(error!)), inspect, budget, out _);
            best = attempt ?? best;
            search.Report(attempt is not null);
        }
        if (best is null)
        {
            (_failedSnapshot, Failure) = (target, error);
            return [];
        }
        foreach (var policy in target.Policies.Where(p => search.Result!.ContainsKey(p.Id)))
            _isolated[policy.Id] = (policy with { Isolation = null }, new(search.Result![policy.Id], FormatReason(error!)));
        return Adopt(best);
    }

    private List<NodeRuleSetDelta> Adopt(FullCompilation whole)
    {
        (_cluster, _failedSnapshot, Failure) = (whole.Cluster, null, null);
        return [.. _rules.Keys.Union(whole.Rules.Keys, StringComparer.Ordinal)
            .Select(n => NodeRuleSetDelta.Between(RulesOf(n).RuleSet, whole.Rules.GetValueOrDefault(n) ?? NodeRuleSet.CreateEmpty(n)))];
    }

    private static string FormatReason(Exception error) => $"it cannot be compiled: {error.Message}";
}
