using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Services;

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

    /// <summary>What a slice of host names holds in place of addresses.</summary>
    public ValueArray<string> HostNames { get; init; } = [];

    /// <summary>Whether it is an Endpoints object.</summary>
    public bool IsWhole => string.Equals(Kind, EndpointsKind, StringComparison.Ordinal);

    /// <summary><c>EndpointSlice namespace/name</c>.</summary>
    public override string ToString() => $"{Kind} {Id}";
}
