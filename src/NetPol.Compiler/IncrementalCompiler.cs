using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>
/// Keeps the rule sets of a cluster that changes. After any changes the rule sets are those that <see cref="PolicyCompiler.Compile"/> gives
/// for the state reached. Not for use by two threads at once.
/// </summary>
public sealed class IncrementalCompiler
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<PodId, Pod> _pods = [];
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private Dictionary<string, NodeRuleSet> _ruleSets = new(StringComparer.Ordinal);

    /// <summary>The state that the rule sets are those of.</summary>
    public ClusterSnapshot Snapshot { get; private set; } = ClusterSnapshot.Empty;

    /// <summary>The rule set of a node; the empty one for a node that nothing names.</summary>
    public NodeRuleSet RuleSetOf(string node) => _ruleSets.GetValueOrDefault(node) ?? NodeRuleSet.EmptyFor(node);

    /// <summary>Takes the changes in, all at once.</summary>
    /// <returns>By node name, what changed on the nodes where anything did; a node that nothing names any more goes to the empty rule set.</returns>
    public ValueArray<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        Put(_namespaces, changes.Namespaces);
        Put(_pods, changes.Pods);
        Put(_nodes, changes.Nodes);
        Put(_policies, changes.Policies);
        Snapshot = ClusterSnapshot.Create(_namespaces.Values, _pods.Values, _nodes.Values, _policies.Values);
        var before = _ruleSets;
        _ruleSets = PolicyCompiler.Compile(Snapshot).ToDictionary(r => r.Node, StringComparer.Ordinal);
        return before.Keys.Union(_ruleSets.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(node => NodeRuleSetDelta.Between(before.GetValueOrDefault(node) ?? NodeRuleSet.EmptyFor(node), RuleSetOf(node)))
            .Where(delta => !delta.IsEmpty).ToValueArray();
    }

    private static void Put<TKey, T>(Dictionary<TKey, T> objects, ValueArray<KeyValuePair<TKey, T?>> changes)
        where TKey : notnull
        where T : class
    {
        foreach (var (key, value) in changes)
        {
            if (value is null)
                objects.Remove(key);
            else
                objects[key] = value;
        }
    }
}
