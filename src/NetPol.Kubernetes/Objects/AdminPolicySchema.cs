using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>Where the three admin kinds differ from each other.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Type">Its resource type.</param>
/// <param name="Allow">The word for <see cref="RuleAction.Allow"/>.</param>
/// <param name="HasPass">Whether a rule may pass.</param>
/// <param name="HasDomainNames">Whether an egress peer may be <c>domainNames</c>.</param>
/// <param name="NeedsNamespaces">Whether <c>pods</c> needs a <c>namespaceSelector</c>; otherwise a missing one selects all namespaces.</param>
/// <param name="MostRules">Rules per direction.</param>
/// <param name="MostItems">Peers per rule, and entries of <paramref name="PortsField"/>.</param>
/// <param name="PortsField">The field of a rule that holds its ports.</param>
/// <param name="ReadPort">Reads one of its entries, given the action of the rule; null for an entry that matches nothing.</param>
internal sealed record AdminPolicySchema(
    PolicyKind Kind, ResourceType Type, string Allow, bool HasPass, bool HasDomainNames, bool NeedsNamespaces, int MostRules, int MostItems, string PortsField,
    Func<Field, RuleAction, PortMatch?> ReadPort)
{
    private const string Group = "policy.networking.k8s.io";

    public static AdminPolicySchema Admin { get; } =
        new(PolicyKind.AdminNetworkPolicy, new("AdminNetworkPolicy", $"{Group}/v1alpha1", IsNamespaced: false), "Allow", HasPass: true, HasDomainNames: true, NeedsNamespaces: true, 100, 100, "ports", AdminPort.ReadV1Alpha1);

    public static AdminPolicySchema Baseline { get; } =
        new(PolicyKind.BaselineAdminNetworkPolicy, new("BaselineAdminNetworkPolicy", $"{Group}/v1alpha1", IsNamespaced: false), "Allow", HasPass: false, HasDomainNames: false, NeedsNamespaces: true, 100, 100, "ports", AdminPort.ReadV1Alpha1);

    public static AdminPolicySchema Cluster { get; } =
        new(PolicyKind.ClusterNetworkPolicy, new("ClusterNetworkPolicy", $"{Group}/v1beta1", IsNamespaced: false) { OlderVersion = "v1alpha2" }, "Accept", HasPass: true, HasDomainNames: true, NeedsNamespaces: false, 25, 25, "protocols", AdminPort.ReadCluster);

    public string Actions => HasPass ? $"{Allow}, Deny or Pass" : $"{Allow} or Deny";
}
