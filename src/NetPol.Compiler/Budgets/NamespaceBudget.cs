using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>
/// What the NetworkPolicies of one namespace may cost, as if they were the only policies of the cluster. A namespace that exceeds one of the limits is
/// isolated: its NetworkPolicies isolate the pods that they select, in the directions that they name, and allow nothing. Every other policy means what it
/// meant. Costs are counted for each node, since the pods of one node share a table of the kernel; the namespace is isolated on all nodes, so that a policy
/// means the same wherever a pod runs.
/// </summary>
public sealed record NamespaceBudget
{
    /// <summary>The defaults; how they were chosen is in DESIGN.md.</summary>
    public static NamespaceBudget Default { get; } = new();

    /// <summary>Distinct CIDR blocks in all NetworkPolicies of the namespace, <c>except</c> included.</summary>
    public int Networks { get; init; } = 20_000;

    /// <summary>The pairs of a range of addresses and a rule that names it, where networks cut all addresses into ranges: 100 for each CIDR block that is allowed.</summary>
    public int Overlaps => (int)Math.Min(int.MaxValue, 100L * Networks);

    /// <summary>On one node, over the namespace's pods: the policies that select a pod, and the peer classes that its rules tell apart.</summary>
    public int Entries { get; init; } = 20_000;

    /// <summary>On one node: the port ranges of the rules in all port policies.</summary>
    public int PortRanges { get; init; } = 20_000;

    /// <summary>On one node: the port policies (a list of policies for a pod, and the rules of them that match a class), and the rules.</summary>
    public int PortPolicies { get; init; } = 2_000;
}

/// <summary>What a <see cref="NamespaceBudget"/> limits.</summary>
public enum BudgetLimit
{
    Networks,
    Overlaps,
    Entries,
    PortRanges,
    PortPolicies,
}

/// <summary>A namespace that is isolated because its NetworkPolicies cost too much.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="LimitType">The first limit that it exceeds, in the order of <see cref="BudgetLimit"/>.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Node">The first node, by name, on which it exceeds it; null for a limit that is not counted for each node.</param>
public sealed record ExceededBudget(string Namespace, BudgetLimit LimitType, int Limit, string? Node)
{
    /// <summary>What is wrong: one sentence without a full stop.</summary>
    public string Problem => FormattableString.Invariant($"the NetworkPolicies of namespace {Namespace} need more than {Limit:N0} {Noun}{(Node is null ? "" : $" on node {Node}")}");

    /// <summary>What is wrong, what that means, and what to do.</summary>
    public string Message => $"{Problem}; the pods that they select are isolated and nothing is allowed by them. {Remedy}, or raise --{Flag} of the controller.";

    /// <summary>The option of the controller that sets the limit, without its dashes.</summary>
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
        BudgetLimit.Entries => "policy entries (pods × peers that their rules tell apart)",
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

/// <summary>Finds the namespaces whose NetworkPolicies cost too much, and says what the cluster's policies mean then.</summary>
public static class BudgetCheck
{
    /// <summary>The namespaces that exceed the budget, by name; the same as a controller finds in the same state. It stops counting where a limit is exceeded.</summary>
    public static ValueArray<ExceededBudget> FindExceeded(ClusterSnapshot cluster, NamespaceBudget budget)
    {
        var index = new ClusterIndex();
        var costs = new NamespaceCostTracker(index, budget);
        var changes = ClusterChanges.FromEmptyTo(cluster);
        costs.Update(changes, index.Apply(changes));
        return costs.Exceeded;
    }

    /// <summary>The cluster with the policies as they are enforced: those of the namespaces that exceed their budget isolate and allow nothing.</summary>
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
