using NetPol.Compiler.Building;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>
/// Compiles policies into what each node must know. Pure: equal snapshots give equal rule sets. Nothing a user can write makes it throw;
/// it does when two different contents hash to one id.
/// </summary>
public static class PolicyCompiler
{
    /// <summary>The rule set of every Node object and of every node that a pod names, by node name.</summary>
    public static ValueArray<NodeRuleSet> Compile(ClusterSnapshot snapshot)
    {
        var index = SnapshotIndex.Of(snapshot);
        var compiler = new NodeCompiler(index);
        return index.NodesWith(snapshot.Pods).Select(compiler.Compile).ToValueArray();
    }

    /// <summary>The rule set of one node; the empty one for a node that nothing names. The same as <see cref="Compile"/> gives.</summary>
    public static NodeRuleSet CompileNode(ClusterSnapshot snapshot, string node)
    {
        var index = SnapshotIndex.Of(snapshot);
        var local = index.NodesWith(snapshot.Pods).FirstOrDefault(n => string.Equals(n.Name, node, StringComparison.Ordinal));
        return local is null ? NodeRuleSet.EmptyFor(node) : new NodeCompiler(index).Compile(local);
    }
}
