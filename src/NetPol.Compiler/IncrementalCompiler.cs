using NetPol.Compiler.Budgets;
using NetPol.Compiler.RuleSets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler;

/// <summary>
/// Keeps the rule sets of a changing cluster up to date. After each change they equal those that <see cref="PolicyCompiler.Compile"/> returns for
/// the current state. The cost of a change depends only on the nodes and rules that it affects; unchanged objects cost nothing. If compiling
/// fails, the compiler finds the policies that cause it and isolates them until they change. Not thread-safe.
/// </summary>
/// <param name="inspect">
/// Called with each policy before it is compiled. An exception counts as a failure to compile the policy. For tests and measurements. May be null.
/// </param>
/// <param name="budget">The limits on the NetworkPolicies of a namespace. Null for no limits.</param>
public sealed class IncrementalCompiler(Action<Policy>? inspect = null, NamespaceBudget? budget = null)
{
    private readonly Dictionary<string, LazyNodeRuleSet> _rules = new(StringComparer.Ordinal);
    private readonly SortedDictionary<PolicyId, (Policy Written, PolicyIsolation Isolation)> _isolated = [];
    private CompiledCluster _cluster = new(inspect, budget);
    private ClusterSnapshot? _failedSnapshot;

    /// <summary>The current state, built on each call. Isolated policies have their <see cref="Policy.Isolation"/>.</summary>
    public ClusterSnapshot Cluster => BudgetCheck.IsolateExceeded(AppliedSnapshot, ExceededBudgets);

    /// <summary>The namespaces whose NetworkPolicies exceed the budget and are isolated, by name.</summary>
    public ValueArray<ExceededBudget> ExceededBudgets => _cluster.ExceededBudgets;

    /// <summary>The policies that are isolated because they cannot be compiled, by id.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> IsolatedPolicies => _isolated.ToDictionary(p => p.Key, p => p.Value.Isolation);

    /// <summary>
    /// The error if the current state cannot be compiled, whatever policies are isolated. Null if the rules are up to date. Until the next successful
    /// change, the rules are those of the last state that could be compiled.
    /// </summary>
    public Exception? Failure { get; private set; }

    /// <summary>The current state before budgets isolate anything: a namespace may be within its budget after the next change.</summary>
    private ClusterSnapshot AppliedSnapshot => _failedSnapshot ?? _cluster.Snapshot;

    /// <summary>Returns the rules of a node. They are empty for an unknown node.</summary>
    public LazyNodeRuleSet RulesOf(string node) => _rules.GetValueOrDefault(node) ?? new(NodeRuleSet.CreateEmpty(node));

    /// <summary>Applies the changes as one batch.</summary>
    /// <returns>The deltas of the nodes whose rules changed, by node name. The rules of a removed node become empty.</returns>
    public ValueArray<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        changes = changes with { Policies = changes.Policies.Select(p => KeyValuePair.Create(p.Key, KeepIsolation(p.Key, p.Value))).ToValueArray() };
        var deltas = Compile(changes);
        var changed = deltas.Where(d => !d.IsEmpty).OrderBy(d => d.Node, StringComparer.Ordinal).ToValueArray();
        foreach (var delta in changed)
            _rules[delta.Node] = RulesOf(delta.Node).Apply(delta);
        if (Failure is not null)
            return changed;
        foreach (var removed in deltas.Where(d => !_cluster.IsKnownNode(d.Node)))
            _rules.Remove(removed.Node);
        // A new compilation of the current objects gives the same rules and frees unused tables.
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

    /// <summary>Compiles all objects anew and isolates the policies that cannot be compiled. Discards the state that the failure left behind.</summary>
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
