using NetPol.Compiler.Building;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>
/// Compiles policies into what each node must know. Pure: equal snapshots give equal rule sets. It throws when
/// a policy cannot be compiled, as when two different contents hash to one id; <see cref="IncrementalCompiler"/> isolates such a policy.
/// </summary>
public static class PolicyCompiler
{
    /// <summary>The rule set of every Node object and of every node that a pod names, by node name.</summary>
    public static ValueArray<NodeRuleSet> Compile(ClusterSnapshot snapshot) => Nodes(snapshot, names => names).ToValueArray();

    /// <summary>The rule set of one node; the empty one for a node that nothing names. The same as <see cref="Compile"/> gives.</summary>
    public static NodeRuleSet CompileNode(ClusterSnapshot snapshot, string node) => Nodes(snapshot, _ => [node]).Single();

    private static IEnumerable<NodeRuleSet> Nodes(ClusterSnapshot snapshot, Func<IEnumerable<string>, IEnumerable<string>> choose)
    {
        var index = new ClusterIndex();
        var compiler = new NodeCompiler(index);
        var changes = index.Apply(ClusterChanges.ToGetTo(snapshot));
        return choose(index.NodeNames).Select(name => compiler.Update(compiler.Begin(name), changes, true, default, _ => []).Apply(NodeRuleSet.EmptyFor(name)));
    }
}
