using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Services;

/// <summary>A Service. No policy depends on one, so it is no part of the world: it only says to which pods a connection goes.</summary>
/// <param name="Id"><c>namespace/name</c>.</param>
/// <param name="Namespace">Where its pods are.</param>
/// <param name="Pods">Its selector; null without one, and then somebody writes its endpoints, see <see cref="ServiceEndpoints"/>.</param>
/// <param name="Addresses">Its own addresses; empty while it has none, and for one that is headless.</param>
/// <param name="IsHeadless">Clients are told the addresses of the pods.</param>
/// <param name="ExternalName">A host name for which it stands; null for every other type.</param>
/// <param name="Ports">Its ports.</param>
/// <param name="Faults">What could not be read. It matters only to who asks for this Service.</param>
public sealed record Service(
    string Id,
    string Namespace,
    LabelSelector? Pods,
    ValueArray<IpAddress> Addresses,
    bool IsHeadless,
    string? ExternalName,
    ValueArray<ServicePort> Ports,
    ValueArray<Diagnostic> Faults)
{
    /// <summary>The addresses by which clients outside the cluster reach it: <c>spec.externalIPs</c> and those of the load balancer. Empty for most.</summary>
    public ValueArray<IpAddress> ExternalAddresses { get; init; } = [];

    /// <summary>Whether <c>externalTrafficPolicy</c> is <c>Local</c>: a node that takes a connection from outside sends it to its own pods alone.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether the address is one of the Service's, inside the cluster or outside.</summary>
    public bool Has(IpAddress address) => Addresses.Contains(address) || ExternalAddresses.Contains(address);

    /// <summary>Whether clients outside the cluster reach it through nodes: it has the type NodePort or LoadBalancer.</summary>
    public bool IsExternal { get; init; }
}
