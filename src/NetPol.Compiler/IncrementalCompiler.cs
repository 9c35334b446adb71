using NetPol.Compiler.Incremental;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>
/// Keeps the rule sets of a cluster that changes. After any changes the rule sets are those that <see cref="PolicyCompiler.Compile"/> gives
/// for the state reached. A change costs what it changes on the nodes that look at it; an object that is as it was costs nothing. Not for
/// use by two threads at once.
/// </summary>
public sealed class IncrementalCompiler
{
    private readonly Dictionary<string, NodeRules> _rules = new(StringComparer.Ordinal);
    private CompiledCluster _cluster = new();

    /// <summary>The state reached, put together when it is asked for.</summary>
    public ClusterSnapshot Cluster => _cluster.Everything;

    /// <summary>The rules of a node; the empty ones for a node that nothing names.</summary>
    public NodeRules RulesOf(string node) => _rules.GetValueOrDefault(node) ?? new(NodeRuleSet.EmptyFor(node));

    /// <summary>Takes the changes in, all at once.</summary>
    /// <returns>By node name, what changed on the nodes where anything did; a node that nothing names any more goes to the empty rule set.</returns>
    public ValueArray<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        var deltas = _cluster.Apply(changes);
        var changed = deltas.Where(d => !d.IsEmpty).OrderBy(d => d.Node, StringComparer.Ordinal).ToValueArray();
        foreach (var delta in changed)
            _rules[delta.Node] = RulesOf(delta.Node).Then(delta);
        foreach (var gone in deltas.Where(d => !_cluster.Names(d.Node)))
            _rules.Remove(gone.Node);
        if (_cluster.IsWorn)
            Renew();
        return changed;
    }

    /// <summary>Begins anew with what is there, which gives the same rules.</summary>
    private void Renew()
    {
        var everything = ClusterChanges.ToGetTo(_cluster.Everything);
        _cluster = new();
        _cluster.Apply(everything);
    }
}
