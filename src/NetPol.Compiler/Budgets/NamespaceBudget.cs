using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>
/// The limits on the cost of one namespace's NetworkPolicies, counted as if they were the only policies of the cluster. A namespace that exceeds a limit is
/// isolated: its NetworkPolicies isolate the pods that they select, in their directions, and allow nothing. Other policies are unaffected. Most costs are
/// counted per node, because the pods of one node share a kernel table. The namespace is isolated on all nodes, so that a policy has the same effect
/// wherever a pod runs.
/// </summary>
public sealed record NamespaceBudget
{
    /// <summary>The default limits. DESIGN.md explains how they were chosen.</summary>
    public static NamespaceBudget Default { get; } = new();

    /// <summary>The maximum number of distinct CIDR blocks in all NetworkPolicies of the namespace, including <c>except</c>.</summary>
    public int Networks { get; init; } = 20_000;

    /// <summary>The maximum number of pairs of a disjoint address range and a rule that matches it: 100 per permitted CIDR block.</summary>
    public int Overlaps => (int)Math.Min(int.MaxValue, 100L * Networks);

    /// <summary>The maximum on one node, summed over the namespace's pods: the policies that select a pod, and the peer identities that its rules use.</summary>
    public int Entries { get; init; } = 20_000;

    /// <summary>The maximum number of port ranges of the rules in all port policies of one node.</summary>
    public int PortRanges { get; init; } = 20_000;

    /// <summary>The maximum number of port policies on one node (sets of rules of a policy set that match an identity), plus the rules.</summary>
    public int PortPolicies { get; init; } = 2_000;
}

/// <summary>The limits of a <see cref="NamespaceBudget"/>, in the order in which they are checked.</summary>
public enum BudgetLimit
{
    Networks,
    Overlaps,
    Entries,
    PortRanges,
    PortPolicies,
}

/// <summary>A namespace that is isolated because its NetworkPolicies exceed a limit.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="LimitType">The first limit that it exceeds, in the order of <see cref="BudgetLimit"/>.</param>
/// <param name="Limit">The value of the limit.</param>
/// <param name="Node">The first node, by name, on which the namespace exceeds the limit. Null for a limit that is not counted per node.</param>
public sealed record ExceededBudget(string Namespace, BudgetLimit LimitType, int Limit, string? Node)
{
    /// <summary>The problem, as one sentence without a period.</summary>
    public string Problem => FormattableString.Invariant($"the NetworkPolicies of namespace {Namespace} need more than {Limit:N0} {Noun}{(Node is null ? "" : $" on node {Node}")}");

    /// <summary>The problem, its effect, and the remedy.</summary>
    public string Message => $"{Problem}; the pods that they select are isolated and nothing is allowed by them. {Remedy}, or raise --{Flag} of the controller.";

    /// <summary>The controller's option for the limit, without leading dashes.</summary>
    public string Flag => LimitType switch
    {
        BudgetLimit.Networks or BudgetLimit.Overlaps => "namespace-networks",
        BudgetLimit.Entries => "namespace-entries",
        BudgetLimit.PortRanges => "namespace-port-ranges",
        _ => "namespace-port-policies",
    };

    private string Noun => LimitType switch
    {
        BudgetLimit.Networks => "CIDR blocks",
        BudgetLimit.Overlaps => "overlaps (ranges of addresses × rules whose CIDR blocks hold them)",
        BudgetLimit.Entries => "policy entries (pods × peers that their rules distinguish)",
        BudgetLimit.PortRanges => "port ranges (port policies × ranges of the rules in them)",
        _ => "port policies (pods' policies × sets of rules that match one peer) and rules",
    };

    private string Remedy => LimitType switch
    {
        BudgetLimit.Networks => "Join adjacent CIDR blocks",
        BudgetLimit.Overlaps => "Name a CIDR block in fewer rules",
        BudgetLimit.Entries => "Select peers by fewer labels, or spread the pods over more nodes",
        BudgetLimit.PortRanges => "Join port ranges, or use the same ports in rules whose peers overlap",
        _ => "Use fewer labels to select pods and peers, or fewer rules whose peers overlap",
    };
}

/// <summary>Finds the namespaces that exceed their budget, and isolates their NetworkPolicies.</summary>
public static class BudgetCheck
{
    /// <summary>Returns the namespaces that exceed the budget, by name. A controller finds the same ones in the same state. Counting stops at an exceeded limit.</summary>
    public static ValueArray<ExceededBudget> FindExceeded(ClusterSnapshot cluster, NamespaceBudget budget)
    {
        var index = new ClusterIndex();
        var costs = new NamespaceCostTracker(index, budget);
        var changes = ClusterChanges.FromEmptyTo(cluster);
        costs.Update(changes, index.Apply(changes));
        return costs.Exceeded;
    }

    /// <summary>Returns the cluster with its policies as enforced: the NetworkPolicies of the given namespaces isolate and allow nothing.</summary>
    public static ClusterSnapshot IsolateExceeded(ClusterSnapshot cluster, ValueArray<ExceededBudget> exceeded)
    {
        if (exceeded.IsEmpty)
            return cluster;
        var budgets = exceeded.ToDictionary(e => e.Namespace, StringComparer.Ordinal);
        return ClusterSnapshot.Create(
            cluster.Namespaces, cluster.Pods, cluster.Nodes,
            cluster.Policies.Select(p => p is { Tier: Tier.NetworkPolicy, Isolation: null } && budgets.TryGetValue(p.Id.Namespace, out var budget)
                ? p with { Isolation = new(IsolationDegree.AllowsNothing, budget.Problem) }
                : p));
    }
}
