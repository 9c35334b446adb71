using NetPol.Kubernetes.Reading;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Policies;

/// <summary>Where the three admin kinds differ from each other.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Allow">The word for <see cref="RuleAction.Allow"/>.</param>
/// <param name="HasPass">Whether a rule may pass.</param>
/// <param name="HasDomainNames">Whether an egress peer may be <c>domainNames</c>.</param>
/// <param name="MostRules">Rules per direction.</param>
/// <param name="MostItems">Peers per rule, and entries of <paramref name="PortsField"/>.</param>
/// <param name="PortsField">The field of a rule that holds its ports.</param>
/// <param name="ReadPort">Reads one of its entries.</param>
internal sealed record AdminDialect(
    PolicyKind Kind, string Allow, bool HasPass, bool HasDomainNames, int MostRules, int MostItems, string PortsField, Func<Field, PortMatch> ReadPort)
{
    public static AdminDialect Admin { get; } =
        new(PolicyKind.AdminNetworkPolicy, "Allow", HasPass: true, HasDomainNames: true, 100, 100, "ports", AdminPort.ReadV1Alpha1);

    public static AdminDialect Baseline { get; } =
        new(PolicyKind.BaselineAdminNetworkPolicy, "Allow", HasPass: false, HasDomainNames: false, 100, 100, "ports", AdminPort.ReadV1Alpha1);

    public static AdminDialect Cluster { get; } =
        new(PolicyKind.ClusterNetworkPolicy, "Accept", HasPass: true, HasDomainNames: true, 25, 25, "protocols", AdminPort.ReadV1Alpha2);

    public string Actions => HasPass ? $"{Allow}, Deny or Pass" : $"{Allow} or Deny";
}
