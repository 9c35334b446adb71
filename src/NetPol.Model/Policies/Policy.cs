namespace NetPol.Model.Policies;

/// <summary>
/// The common form of all four policy kinds. A NetworkPolicy has tier <see cref="Tier.NetworkPolicy"/>, priority 0 and only Allow rules.
/// </summary>
/// <param name="Id">Kind and name.</param>
/// <param name="Tier">The tier it decides in; never Default.</param>
/// <param name="Priority">Lower decides earlier; 0 for a NetworkPolicy and a BaselineAdminNetworkPolicy.</param>
/// <param name="Subject">The pods it applies to.</param>
/// <param name="Ingress">
/// Its ingress rules in written order. Null: the policy does not affect ingress. Empty: a NetworkPolicy isolates the pods and allows nothing; for the
/// other kinds the same as null.
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

    /// <summary>Whether it is audited: it is not enforced, and its verdicts are only counted and logged.</summary>
    public bool IsAudited { get; init; }

    /// <summary>The connections that it decides, alone or with others, for which flow records are requested.</summary>
    public FlowLogging Logging { get; init; }

    /// <summary>Why it is isolated and allows nothing. Null for a policy whose rules apply as written.</summary>
    public PolicyIsolation? Isolation { get; init; }

    /// <summary>False for a BaselineAdminNetworkPolicy that is not named <c>default</c>.</summary>
    public bool HasEffect => Id.Kind != PolicyKind.BaselineAdminNetworkPolicy || string.Equals(Id.Name, "default", StringComparison.Ordinal);

    /// <summary>Whether it is a default-deny NetworkPolicy: it isolates every pod of its namespace and allows nothing.</summary>
    public bool IsDefaultDeny => Tier == Tier.NetworkPolicy && Subject.Pods.Requirements.IsEmpty && (Ingress is not null || Egress is not null) &&
        Ingress is not { IsEmpty: false } && Egress is not { IsEmpty: false };

    /// <summary>The rules of one direction. Null when the policy does not affect it.</summary>
    public ValueArray<Rule>? Rules(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;
}
