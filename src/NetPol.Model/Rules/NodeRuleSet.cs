namespace NetPol.Model.Rules;

/// <summary>
/// Everything a node needs to evaluate the connections of its pods, for both address families. It is a value: the same cluster state gives the same
/// rule set with the same ids.
/// </summary>
public sealed record NodeRuleSet
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The node's own addresses, sorted. Traffic between them and local pods does not pass the enforcement points Egress and Ingress.</summary>
    public ValueArray<IpAddress> NodeAddresses { get; init; }

    /// <summary>The addresses of all nodes of the cluster, including this one, sorted and distinct. No verdict depends on them.</summary>
    public ValueArray<IpAddress> AllNodeAddresses { get; init; }

    /// <summary>
    /// The networks of the node's own pods, sorted. An address in one of them that is not in <see cref="KnownPods"/> belongs to a pod that is not ready:
    /// it has just started or ended, and its policies are not known. The node drops every new connection from or to it, except connections from the node
    /// itself.
    /// </summary>
    public ValueArray<Cidr> PodNetworks { get; init; }

    /// <summary>The addresses in <see cref="PodNetworks"/> of live pods of the cluster, sorted, whether policies select them or not.</summary>
    public ValueArray<IpAddress> KnownPods { get; init; }

    /// <summary>The additional source addresses of local pods, sorted. The networks of one pod address do not overlap. No verdict depends on them.</summary>
    public ValueArray<GrantedSource> GrantedSources { get; init; }

    /// <summary>The decisions that the port policies refer to, by id.</summary>
    public ValueArray<Decision> Decisions { get; init; }

    /// <summary>The port policies that the rules refer to, by id.</summary>
    public ValueArray<PortProfile> Profiles { get; init; }

    public HookRules Egress { get; init; } = HookRules.Empty;

    public HookRules Ingress { get; init; } = HookRules.Empty;

    public HookRules EgressToNode { get; init; } = HookRules.Empty;

    /// <summary>Returns a rule set without subjects: every connection is allowed by default.</summary>
    public static NodeRuleSet EmptyFor(string node) => new() { Node = node };

    public HookRules Rules(Hook hook) => hook switch
    {
        Hook.Egress => Egress,
        Hook.Ingress => Ingress,
        Hook.EgressToNode => EgressToNode,
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };
}
