using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.RuleSets;

/// <summary>
/// The policies that are isolated on one node because the node rejects its rules with them. A rejection starts a search: the controller sends updates in which candidate policies
/// are isolated, until it knows the policies whose isolation makes the node accept. At the end it sends the update without isolation again: an error that has passed isolates no policy.
/// A rejection isolates a policy on that node alone. A policy stays isolated until it changes. Safe for any thread.
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

    /// <summary>The isolated policies, by id; during a search, those of earlier searches.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> Isolated
    {
        get
        {
            lock (_lock)
                return _isolated.ToDictionary(p => p.Key, p => p.Value.Isolation);
        }
    }

    /// <summary>Returns the rules for a node on which a policy is isolated; null when the node uses the shared rules.</summary>
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

    /// <summary>Call this when the node has accepted the result of <see cref="Rules"/>.</summary>
    public void OnAccepted() => Report(true);

    /// <summary>Call this when the node has rejected its rules, or an update could not be encoded: starts a search or reports the trial's result.</summary>
    /// <param name="why">The error.</param>
    /// <param name="change">The rejected change: policies that decide in its added entries are the first candidates.</param>
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
            // If the node accepts the update without isolation, the error has passed.
            if (!took)
                Isolate(_search.Result!);
            (_search, _confirming) = (null, false);
        }
    }

    /// <summary>When no trial is left: starts the confirmation if the search has a result, or ends the search.</summary>
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
