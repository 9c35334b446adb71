using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects;

/// <summary>A Service. It routes connections to pods. No policy depends on it, so it is not part of the cluster model.</summary>
/// <param name="Id"><c>namespace/name</c>.</param>
/// <param name="Namespace">Where its pods are.</param>
/// <param name="Pods">Its selector; null without one, and then somebody writes its endpoints, see <see cref="ServiceEndpoints"/>.</param>
/// <param name="Addresses">Its own addresses; empty while it has none, and for one that is headless.</param>
/// <param name="IsHeadless">The name resolves to the addresses of the pods.</param>
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
    public bool IsExternalTrafficLocal { get; init; }

    /// <summary>Whether the address is one of the Service's, inside the cluster or outside.</summary>
    public bool Has(IpAddress address) => Addresses.Contains(address) || ExternalAddresses.Contains(address);

    /// <summary>Whether clients outside the cluster reach it through nodes: it has the type NodePort or LoadBalancer.</summary>
    public bool IsExternal { get; init; }
}

/// <summary>A port of a Service.</summary>
/// <param name="Name">Null where there is only one port and it has none.</param>
/// <param name="Protocol">TCP where none is written.</param>
/// <param name="Number">The port of the Service's address.</param>
/// <param name="Target">The port of the pods; that of the Service where none is written.</param>
/// <param name="TargetName">The name by which each pod declares its port; null where it is a number.</param>
public sealed record ServicePort(string? Name, NetPol.Model.Net.Protocol Protocol, ushort Number, ushort Target, string? TargetName)
{
    /// <summary>The port under which every node has it; null where the Service has none.</summary>
    public ushort? NodePort { get; init; }

    /// <summary><c>80/TCP (http)</c>.</summary>
    public override string ToString() => $"{Number}/{Protocol.Name()}{(Name is null ? "" : $" ({Name})")}";
}

/// <summary>An address behind a Service.</summary>
/// <param name="Address">Where a connection goes.</param>
/// <param name="Pod">Whose address it is said to be; null where no pod is named.</param>
public sealed record ServiceEndpoint(IpAddress Address, PodId? Pod);

/// <summary>Where connections to a Service go, as an EndpointSlice or an Endpoints object says it. It matters only where the Service has no selector.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Id"><c>namespace/name</c>; empty where no usable name is written.</param>
/// <param name="Namespace">That of its Service; empty where it is not known.</param>
/// <param name="Service">The name of its Service; null where it is not known.</param>
/// <param name="Subsets">One of a slice that holds addresses.</param>
/// <param name="Faults">What could not be read. It matters only to who asks for the Service.</param>
public sealed record ServiceEndpoints(
    string Kind, string Id, string Namespace, string? Service, ValueArray<EndpointSubset> Subsets, ValueArray<Diagnostic> Faults)
{
    internal const string EndpointsKind = "Endpoints";

    /// <summary>A slice that the cluster made of an Endpoints object.</summary>
    public bool IsMirror { get; init; }

    /// <summary>The host names of a slice that has no addresses.</summary>
    public ValueArray<string> HostNames { get; init; } = [];

    /// <summary>Whether it is an Endpoints object.</summary>
    public bool IsEndpointsObject => string.Equals(Kind, EndpointsKind, StringComparison.Ordinal);

    /// <summary><c>EndpointSlice namespace/name</c>.</summary>
    public override string ToString() => $"{Kind} {Id}";
}

/// <summary>Endpoints that listen on the same ports.</summary>
/// <param name="Endpoints">Ready or not, in the order written.</param>
/// <param name="Ports">Those that have a number: a Service sends nothing to any other.</param>
public sealed record EndpointSubset(ValueArray<ServiceEndpoint> Endpoints, ValueArray<EndpointPort> Ports);

/// <summary>A port of endpoints.</summary>
/// <param name="Name">The name of the Service's port that leads here; empty for one without a name.</param>
/// <param name="Protocol">TCP where none is written.</param>
/// <param name="Number">The port of the endpoints.</param>
public sealed record EndpointPort(string Name, NetPol.Model.Net.Protocol Protocol, ushort Number);
