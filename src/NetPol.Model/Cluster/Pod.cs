namespace NetPol.Model.Cluster;

/// <summary>A pod as policies see it.</summary>
/// <param name="Id">Namespace and name.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Node">The node that runs it; null while it is not scheduled.</param>
/// <param name="Addresses">All of <c>status.podIPs</c>, in the order given; empty while it has none.</param>
/// <param name="Ports">The declared ports of all containers, in order.</param>
/// <param name="HostNetwork">It lives in its node's network: never a subject, and no selector matches it as a peer.</param>
/// <param name="Finished">
/// Phase Succeeded or Failed: never a peer. It stays a subject while no live pod has its address, since a pod of phase Failed may still run.
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
    /// <summary>The addresses that the pod may send from besides its own, by the controller's configuration; sorted, disjoint. Nothing that a tenant writes grants any.</summary>
    public ValueArray<Cidr> GrantedSources { get; init; } = [];

    /// <summary>Whether selectors match the pod as a peer: it is neither in the host's network nor finished.</summary>
    public bool IsSelectable => !HostNetwork && !Finished;
}
