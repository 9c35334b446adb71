using NetPol.Compiler.Budgets;
using NetPol.Compiler.RuleSets;
using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler;

/// <summary>
/// Compiles the policies of a cluster into one rule set per node. Pure: equal snapshots give equal rule sets. Throws an exception if a policy
/// cannot be compiled, for example because two different contents hash to one id. <see cref="IncrementalCompiler"/> isolates such a policy.
/// </summary>
public static class PolicyCompiler
{
    /// <summary>Returns the rule set of every Node object and of every node that a pod names, by node name.</summary>
    /// <param name="snapshot">The cluster.</param>
    /// <param name="budget">The limits on the NetworkPolicies of a namespace. Null for no limits.</param>
    public static ValueArray<NodeRuleSet> Compile(ClusterSnapshot snapshot, NamespaceBudget? budget = null) => CompileNodes(snapshot, budget, names => names).ToValueArray();

    /// <summary>Returns the rule set of one node, as <see cref="Compile"/> does. Returns the empty rule set for an unknown node.</summary>
    public static NodeRuleSet CompileNode(ClusterSnapshot snapshot, string node, NamespaceBudget? budget = null) => CompileNodes(snapshot, budget, _ => [node]).Single();

    private static IEnumerable<NodeRuleSet> CompileNodes(ClusterSnapshot snapshot, NamespaceBudget? budget, Func<IEnumerable<string>, IEnumerable<string>> choose)
    {
        var index = new ClusterIndex();
        var compiler = new NodeCompiler(index);
        var everything = ClusterChanges.FromEmptyTo(snapshot);
        var changes = index.Apply(everything);
        if (budget is not null)
            new NamespaceCostTracker(index, budget).Update(everything, changes);
        return choose(index.NodeNames).Select(name => compiler.Update(compiler.CreateState(name), changes, true, default, _ => []).Apply(NodeRuleSet.CreateEmpty(name)));
    }
}
