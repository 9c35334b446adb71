using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>
/// Everything a node needs to evaluate the connections of its pods, for both address families. It is a value: the same cluster state gives the same
/// rule set with the same ids.
/// </summary>
public sealed record NodeRuleSet
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The node's own addresses, sorted. Traffic between them and local pods does not pass the enforcement points PodEgress and PodIngress.</summary>
    public ValueArray<IpAddress> NodeAddresses { get; init; }

    /// <summary>The addresses of all nodes of the cluster, including this one, sorted and distinct. No verdict depends on them.</summary>
    public ValueArray<IpAddress> AllNodeAddresses { get; init; }

    /// <summary>
    /// The networks of the node's own pods, sorted. An address in one of them that is not in <see cref="ReadyPods"/> belongs to a pod that is not ready:
    /// it has just started or ended, and its policies are not known. The node drops every new connection from or to it, except connections from the node
    /// itself.
    /// </summary>
    public ValueArray<Cidr> PodCidrs { get; init; }

    /// <summary>The addresses in <see cref="PodCidrs"/> of live pods of the cluster, sorted, whether policies select them or not.</summary>
    public ValueArray<IpAddress> ReadyPods { get; init; }

    /// <summary>The additional source addresses of local pods, sorted. The networks of one pod address do not overlap. No verdict depends on them.</summary>
    public ValueArray<GrantedSource> GrantedSources { get; init; }

    /// <summary>The decisions that the port policies refer to, by id.</summary>
    public ValueArray<Decision> Decisions { get; init; }

    /// <summary>The port policies that the rules refer to, by id.</summary>
    public ValueArray<PortPolicy> PortPolicies { get; init; }

    public EnforcementRules PodEgress { get; init; } = EnforcementRules.Empty;

    public EnforcementRules PodIngress { get; init; } = EnforcementRules.Empty;

    public EnforcementRules PodToHost { get; init; } = EnforcementRules.Empty;

    /// <summary>Returns a rule set without subjects: every connection is allowed by default.</summary>
    public static NodeRuleSet CreateEmpty(string node) => new() { Node = node };

    public EnforcementRules RulesAt(EnforcementPoint point) => point switch
    {
        EnforcementPoint.PodEgress => PodEgress,
        EnforcementPoint.PodIngress => PodIngress,
        EnforcementPoint.PodToHost => PodToHost,
        _ => throw new ArgumentOutOfRangeException(nameof(point)),
    };
}

/// <summary>
/// Allows a local pod to send from addresses that are not its own, such as a VPN gateway or a pod with virtual machines. Ordered by pod, then by network.
/// Policies that select the pod do not apply to these sources.
/// </summary>
/// <param name="Pod">An address of the pod. The route to this address determines the pod's interface.</param>
/// <param name="Sources">The addresses that the pod may send from.</param>
public readonly record struct GrantedSource(IpAddress Pod, Cidr Sources) : IComparable<GrantedSource>
{
    public static bool operator <(GrantedSource left, GrantedSource right) => left.CompareTo(right) < 0;

    public static bool operator >(GrantedSource left, GrantedSource right) => left.CompareTo(right) > 0;

    public static bool operator <=(GrantedSource left, GrantedSource right) => left.CompareTo(right) <= 0;

    public static bool operator >=(GrantedSource left, GrantedSource right) => left.CompareTo(right) >= 0;

    public int CompareTo(GrantedSource other) => (Pod, Sources).CompareTo((other.Pod, other.Sources));
}
