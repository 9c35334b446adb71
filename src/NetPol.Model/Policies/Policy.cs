namespace NetPol.Model.Policies;

/// <summary>
/// The one form of all four policy kinds. A NetworkPolicy has tier <see cref="Tier.NetworkPolicy"/>, priority 0, and rules whose
/// action is Allow.
/// </summary>
/// <param name="Id">Kind and name.</param>
/// <param name="Tier">The tier it decides in; never Default.</param>
/// <param name="Priority">Lower decides earlier; 0 for a NetworkPolicy and a BaselineAdminNetworkPolicy.</param>
/// <param name="Subject">The pods it applies to.</param>
/// <param name="Ingress">
/// Its ingress rules in written order. Null: it says nothing about ingress. Empty: for a NetworkPolicy the pods are isolated and nothing
/// is allowed; for the other kinds the same as null.
/// </param>
/// <param name="Egress">As <paramref name="Ingress"/>, for egress.</param>
public sealed record Policy(
    PolicyId Id,
    Tier Tier,
    int Priority,
    PodSelection Subject,
    ValueArray<Rule>? Ingress,
    ValueArray<Rule>? Egress)
{
    /// <summary>
    /// The order of evaluation: tier; in the Baseline tier ClusterNetworkPolicies before the BaselineAdminNetworkPolicy; priority; then
    /// kind (AdminNetworkPolicy before ClusterNetworkPolicy), namespace and name.
    /// </summary>
    public static IComparer<Policy> Order { get; } = Comparer<Policy>.Create(static (a, b) =>
    {
        var order = a.Tier.CompareTo(b.Tier);
        if (order == 0)
            order = (a.Id.Kind == PolicyKind.BaselineAdminNetworkPolicy).CompareTo(b.Id.Kind == PolicyKind.BaselineAdminNetworkPolicy);
        if (order == 0)
            order = a.Priority.CompareTo(b.Priority);
        return order == 0 ? a.Id.CompareTo(b.Id) : order;
    });

    /// <summary>Whether it is not enforced but only tells what it would decide: everything passes as if it were not there.</summary>
    public bool IsAudited { get; init; }

    /// <summary>What it decides alone or with others of which a flow record is asked for.</summary>
    public FlowLogging Logging { get; init; }

    /// <summary>Why it allows nothing; null for a policy that means what its rules say.</summary>
    public PolicyIsolation? Isolation { get; init; }

    /// <summary>False for a BaselineAdminNetworkPolicy that is not named <c>default</c>: there is only the one.</summary>
    public bool HasEffect => Id.Kind != PolicyKind.BaselineAdminNetworkPolicy || string.Equals(Id.Name, "default", StringComparison.Ordinal);

    /// <summary>Whether it is a NetworkPolicy that isolates every pod of its namespace and allows nothing: others are written on top of it.</summary>
    public bool IsDefaultDeny => Tier == Tier.NetworkPolicy && Subject.Pods.Requirements.IsEmpty && (Ingress is not null || Egress is not null) &&
        Ingress is not { IsEmpty: false } && Egress is not { IsEmpty: false };

    /// <summary>The rules of one direction; null when the policy says nothing about it.</summary>
    public ValueArray<Rule>? Rules(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;
}
