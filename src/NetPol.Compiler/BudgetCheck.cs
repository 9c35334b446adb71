using NetPol.Compiler.Budgets;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler;

/// <summary>Finds the namespaces whose NetworkPolicies cost too much, and says what the cluster's policies mean then.</summary>
public static class BudgetCheck
{
    /// <summary>The namespaces that exceed the budget, by name; the same as a controller finds in the same state. It stops counting where a limit is exceeded.</summary>
    public static ValueArray<ExceededBudget> Find(ClusterSnapshot cluster, NamespaceBudget budget)
    {
        var index = new ClusterIndex();
        var costs = new NamespaceCosts(index, budget);
        var changes = ClusterChanges.ToGetTo(cluster);
        costs.Update(changes, index.Apply(changes));
        return costs.Exceeded;
    }

    /// <summary>The cluster with the policies as they are enforced: those of the namespaces that exceed their budget isolate and allow nothing.</summary>
    public static ClusterSnapshot Isolate(ClusterSnapshot cluster, ValueArray<ExceededBudget> exceeded)
    {
        if (exceeded.IsEmpty)
            return cluster;
        var budgets = exceeded.ToDictionary(e => e.Namespace, StringComparer.Ordinal);
        return ClusterSnapshot.Create(
            cluster.Namespaces, cluster.Pods, cluster.Nodes,
            cluster.Policies.Select(p => p is { Tier: Tier.NetworkPolicy, Isolation: null } && budgets.TryGetValue(p.Id.Namespace, out var budget)
                ? p with { Isolation = new(IsolationDegree.AllowsNothing, budget.Fault) }
                : p));
    }
}
