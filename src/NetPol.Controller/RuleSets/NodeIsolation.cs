using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.RuleSets;

/// <summary>
/// The policies that are isolated on one node, because it refuses its rules with them. A refusal starts a search: updates with suspects isolated are tried
/// on the node until those are left without which it goes. Last the update without isolation is tried again: what passed by itself isolates nobody. One
/// node's word isolates a policy on that node alone. A policy stays isolated until it changes. Safe for any thread.
/// </summary>
internal sealed class NodeIsolation(string node, Func<ClusterSnapshot> cluster)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<PolicyId, (Policy Written, PolicyIsolation Isolation)> _isolated = [];
    private IsolationSearch? _search;
    private bool _confirming;
    private string _reason = "";

    /// <summary>Whether the next update is a trial.</summary>
    public bool IsSearching
    {
        get
        {
            lock (_lock)
                return _search is not null;
        }
    }

    /// <summary>The policies that were found, by id; while a search lasts, those of earlier ones.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> Isolated
    {
        get
        {
            lock (_lock)
                return _isolated.ToDictionary(p => p.Key, p => p.Value.Isolation);
        }
    }

    /// <summary>The rules for the node where any policy is isolated on it; null where it takes those of everybody.</summary>
    public NodeRuleSet? Rules()
    {
        lock (_lock)
        {
            if (_search is null && _isolated.Count == 0)
                return null;
            var snapshot = cluster();
            Forget(snapshot);
            foreach (var degree in _isolated.GroupBy(p => p.Value.Isolation))
                snapshot = snapshot.WithIsolatedPolicies(degree.ToDictionary(p => p.Key, _ => degree.Key.Degree), degree.Key.Reason);
            if (_search?.Trial is { } trial && !_confirming)
                snapshot = snapshot.WithIsolatedPolicies(trial, _reason);
            return PolicyCompiler.CompileNode(snapshot, node);
        }
    }

    /// <summary>The node took what <see cref="Rules"/> gave.</summary>
    public void OnAccepted() => Report(true);

    /// <summary>The node, or the way to it, refused what <see cref="Rules"/> gave or everybody's rules.</summary>
    /// <param name="why">What it said.</param>
    /// <param name="change">What was refused: policies that decide in what it adds are suspected first.</param>
    public void OnRejected(string why, NodeRuleSetDelta? change)
    {
        lock (_lock)
        {
            if (_search is null)
            {
                _reason = $"node {node} cannot load it: {why}";
                var deciding = (change?.Decisions.Added ?? []).SelectMany(DecidingIn);
                _search = new(deciding, cluster().Policies.Where(p => p.Isolation is null && !_isolated.ContainsKey(p.Id)).Select(p => p.Id));
                End();
            }
            else
            {
                Report(false);
            }
        }
    }

    private static IEnumerable<PolicyId> DecidingIn(Decision decision) =>
        (decision.Policy is { } policy ? [policy] : Enumerable.Empty<PolicyId>()).Concat(decision.IsolatedBy).Concat(decision.Audit is null ? [] : DecidingIn(decision.Audit));

    private void Report(bool took)
    {
        lock (_lock)
        {
            if (_search is null)
                return;
            if (!_confirming)
            {
                _search.Report(took);
                End();
                return;
            }
            // Without any of them it goes too: what was wrong has passed.
            if (!took)
                Isolate(_search.Result!);
            (_search, _confirming) = (null, false);
        }
    }

    /// <summary>Goes on to the confirmation, or gives up, where there is nothing more to try.</summary>
    private void End()
    {
        if (_search!.Trial is not null)
            return;
        _confirming = _search.Result is { Count: > 0 };
        if (!_confirming)
            _search = null;
    }

    private void Isolate(IReadOnlyDictionary<PolicyId, IsolationDegree> found)
    {
        foreach (var policy in cluster().Policies.Where(p => found.ContainsKey(p.Id)))
            _isolated[policy.Id] = (policy, new(found[policy.Id], _reason));
    }

    private void Forget(ClusterSnapshot snapshot)
    {
        var now = snapshot.Policies.ToDictionary(p => p.Id);
        foreach (var changed in _isolated.Where(p => now.GetValueOrDefault(p.Key) != p.Value.Written).Select(p => p.Key).ToList())
            _isolated.Remove(changed);
    }
}
