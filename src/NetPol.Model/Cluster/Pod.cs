namespace NetPol.Model.Cluster;

/// <summary>A pod as policies see it.</summary>
/// <param name="Id">Namespace and name.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Node">The node that runs it. Null while it is unscheduled.</param>
/// <param name="Addresses">All of <c>status.podIPs</c>, in their order. Empty while it has none.</param>
/// <param name="Ports">The declared ports of all containers, in order.</param>
/// <param name="HostNetwork">The pod uses its node's network. It is never a subject, and no selector matches it as a peer.</param>
/// <param name="Finished">
/// The phase is Succeeded or Failed. The pod is never a peer. It stays a subject while no live pod has its address, because a Failed pod may still run.
/// </param>
public sealed record Pod(
    PodId Id,
    Labels Labels,
    string? Node,
    ValueArray<IpAddress> Addresses,
    ValueArray<ContainerPort> Ports,
    bool HostNetwork = false,
    bool Finished = false)
{
    /// <summary>Additional source addresses from the controller's configuration, sorted and disjoint. Tenants cannot grant any.</summary>
    public ValueArray<Cidr> GrantedSources { get; init; } = [];

    /// <summary>Whether selectors match the pod as a peer: it is not in the host's network and not finished.</summary>
    public bool IsSelectable => !HostNetwork && !Finished;
}
