namespace NetPol.Model.Rules;

/// <summary>
/// Everything one node must know to judge the connections of its pods. A value: the same cluster state gives the same rule set, down to
/// the ids. Both address families together.
/// </summary>
public sealed record NodeRuleSet
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The node's own addresses, sorted: traffic between them and local pods does not cross the hooks Egress and Ingress.</summary>
    public ValueArray<IpAddress> NodeAddresses { get; init; }

    /// <summary>The addresses of every node of the cluster, this one's among them, sorted, each once. No verdict depends on them.</summary>
    public ValueArray<IpAddress> AllNodeAddresses { get; init; }

    /// <summary>
    /// Where the node's own pods have their addresses, sorted. An address in here that is not in <see cref="KnownPods"/> is that of a pod
    /// that just starts or just ended, and whose policies nobody knows: it is held, which is that every new connection from it or to it
    /// is dropped, those from the node itself apart.
    /// </summary>
    public ValueArray<Cidr> PodNetworks { get; init; }

    /// <summary>The addresses in <see cref="PodNetworks"/> that some pod of the cluster has that is not finished, sorted, judged or not.</summary>
    public ValueArray<IpAddress> KnownPods { get; init; }

    /// <summary>The addresses that local pods may send from besides their own, sorted; no two of one pod's address overlap. No verdict depends on them.</summary>
    public ValueArray<GrantedSource> GrantedSources { get; init; }

    /// <summary>The decisions that the profiles name, by id.</summary>
    public ValueArray<Decision> Decisions { get; init; }

    /// <summary>The profiles that the hooks name, by id.</summary>
    public ValueArray<PortProfile> Profiles { get; init; }

    public HookRules Egress { get; init; } = HookRules.Empty;

    public HookRules Ingress { get; init; } = HookRules.Empty;

    public HookRules EgressToNode { get; init; } = HookRules.Empty;

    /// <summary>A rule set that judges nothing: every connection is allowed by default.</summary>
    public static NodeRuleSet EmptyFor(string node) => new() { Node = node };

    public HookRules Rules(Hook hook) => hook switch
    {
        Hook.Egress => Egress,
        Hook.Ingress => Ingress,
        Hook.EgressToNode => EgressToNode,
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };
}
