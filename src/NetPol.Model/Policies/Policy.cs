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
    public static IComparer<Policy> EvaluationOrder { get; } = Comparer<Policy>.Create(static (a, b) =>
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

/// <summary>
/// A policy by kind and name. <paramref name="Namespace"/> is empty for the cluster-scoped kinds.
/// Ordered by kind, namespace, name (ordinally). Written <c>Kind namespace/name</c>.
/// </summary>
public readonly record struct PolicyId(PolicyKind Kind, string Namespace, string Name) : IComparable<PolicyId>
{
    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped policy.</summary>
    public string QualifiedName => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    public static bool operator <(PolicyId left, PolicyId right) => left.CompareTo(right) < 0;

    public static bool operator >(PolicyId left, PolicyId right) => left.CompareTo(right) > 0;

    public static bool operator <=(PolicyId left, PolicyId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PolicyId left, PolicyId right) => left.CompareTo(right) >= 0;

    public int CompareTo(PolicyId other)
    {
        if (Kind != other.Kind)
            return Kind.CompareTo(other.Kind);
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Kind.Name()} {QualifiedName}";
}

/// <summary>The policy kinds, in evaluation order for equal priorities.</summary>
public enum PolicyKind
{
    AdminNetworkPolicy,
    ClusterNetworkPolicy,
    NetworkPolicy,
    BaselineAdminNetworkPolicy,
}

public static class PolicyKinds
{
    /// <summary>The API's name of the kind. Content ids hash it, so it is independent of the member's name.</summary>
    public static string Name(this PolicyKind kind) => kind switch
    {
        PolicyKind.AdminNetworkPolicy => "AdminNetworkPolicy",
        PolicyKind.ClusterNetworkPolicy => "ClusterNetworkPolicy",
        PolicyKind.NetworkPolicy => "NetworkPolicy",
        PolicyKind.BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}

/// <summary>The tiers in evaluation order. <see cref="Default"/> has no policies and allows every connection that no other tier decides.</summary>
public enum Tier
{
    Admin,
    NetworkPolicy,
    Baseline,
    Default,
}

/// <summary>One ingress or egress rule.</summary>
/// <param name="Index">Its index in the policy's list for the direction, from 0.</param>
/// <param name="Name">Its name, as <see cref="VisibleText"/>. Null without a name, and always in a NetworkPolicy.</param>
/// <param name="Action">The action for connections that it matches.</param>
/// <param name="Peers">The other ends; never empty (a NetworkPolicy rule without peers has <see cref="Peer.Any"/>).</param>
/// <param name="Ports">Null: everything, ICMP included. Otherwise only these ports, and never ICMP.</param>
public sealed record Rule(int Index, string? Name, RuleAction Action, ValueArray<Peer> Peers, ValueArray<PortMatch>? Ports)
{
    public string? Name { get; init => field = VisibleText.Escape(value); } = VisibleText.Escape(Name);
}

/// <summary>The action of a rule. <c>Accept</c> of ClusterNetworkPolicy is <see cref="Allow"/>.</summary>
public enum RuleAction
{
    Allow,
    Deny,
    Pass,
}

/// <summary>The direction of a connection, seen from the subject pod.</summary>
public enum Direction
{
    Egress,
    Ingress,
}

/// <summary>The connections for which flow records are requested. Each level includes the previous one.</summary>
public enum FlowLogging
{
    None,

    /// <summary>Connections that are denied, or would be denied if audited policies were enforced.</summary>
    Denied,

    /// <summary>Every evaluated connection.</summary>
    All,
}

/// <summary>
/// Why a policy is isolated, and how far. A policy is isolated when its rules cannot be compiled, sent or loaded, or exceed a budget. It then allows
/// nothing. All other policies stay unaffected.
/// </summary>
/// <param name="Degree">Which of its rules remain.</param>
/// <param name="Reason">What failed, for people: one sentence without a period.</param>
public sealed record PolicyIsolation(IsolationDegree Degree, string Reason);

/// <summary>Which rules of an isolated policy remain. In either degree, a NetworkPolicy isolates its pods in its directions and allows nothing.</summary>
public enum IsolationDegree
{
    /// <summary>Deny rules stay as they are, Pass rules deny the same peers and ports, Allow rules match nothing.</summary>
    AllowsNothing,

    /// <summary>As <see cref="AllowsNothing"/>, but Deny and Pass rules deny all peers and all ports: their own peers and ports cannot be expressed.</summary>
    DeniesEveryPeer,
}
