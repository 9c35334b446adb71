using NetPol.Compiler.Incremental;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>
/// Keeps the rule sets of a cluster that changes. After any changes the rule sets are those that <see cref="PolicyCompiler.Compile"/> gives
/// for the state reached. Pods that come, go and change cost what they change; a policy, namespace or node that changes costs compiling
/// anew; an object that is as it was costs nothing. Not for use by two threads at once.
/// </summary>
public sealed class IncrementalCompiler
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly PodTable _pods = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private readonly Dictionary<string, NodeRules> _rules = new(StringComparer.Ordinal);
    private CompiledCluster? _compiled;

    /// <summary>The rules of a node; the empty ones for a node that nothing names.</summary>
    public NodeRules RulesOf(string node) => _rules.GetValueOrDefault(node) ?? new(NodeRuleSet.EmptyFor(node));

    /// <summary>Takes the changes in, all at once.</summary>
    /// <returns>By node name, what changed on the nodes where anything did; a node that nothing names any more goes to the empty rule set.</returns>
    public ValueArray<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        var pods = new PodChanges();
        foreach (var (id, pod) in changes.Pods)
            _pods.Put(id, pod, pods);
        var onlyPods = !(Put(_namespaces, changes.Namespaces) | Put(_nodes, changes.Nodes) | Put(_policies, changes.Policies));
        var deltas = onlyPods && _compiled?.Fits(pods) == true ? _compiled.Apply(pods, node => RulesOf(node).RuleSet) : Anew();
        var changed = deltas.Where(d => !d.IsEmpty).OrderBy(d => d.Node, StringComparer.Ordinal).ToValueArray();
        foreach (var delta in changed)
            _rules[delta.Node] = RulesOf(delta.Node).Then(delta);
        return changed;
    }

    private List<NodeRuleSetDelta> Anew()
    {
        var snapshot = ClusterSnapshot.Create(_namespaces.Values, [], _nodes.Values, _policies.Values);
        _compiled = new(snapshot.Namespaces, _pods, snapshot.Nodes, snapshot.Policies, out var rules);
        var gone = _rules.Keys.Except(rules.Select(r => r.Node), StringComparer.Ordinal).Select(NodeRuleSet.EmptyFor);
        return [.. rules.Concat(gone).Select(after => NodeRuleSetDelta.Between(RulesOf(after.Node).RuleSet, after))];
    }

    /// <returns>Whether anything is other than it was.</returns>
    private static bool Put<TKey, T>(Dictionary<TKey, T> objects, ValueArray<KeyValuePair<TKey, T?>> changes)
        where TKey : notnull
        where T : class
    {
        var changed = false;
        foreach (var (key, value) in changes)
        {
            if (Equals(objects.GetValueOrDefault(key), value))
                continue;
            changed = true;
            if (value is null)
                objects.Remove(key);
            else
                objects[key] = value;
        }
        return changed;
    }
}
