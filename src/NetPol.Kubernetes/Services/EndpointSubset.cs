using NetPol.Model;

namespace NetPol.Kubernetes.Services;

/// <summary>Endpoints that listen on the same ports.</summary>
/// <param name="Endpoints">Ready or not, in the order written.</param>
/// <param name="Ports">Those that have a number: a Service sends nothing to any other.</param>
public sealed record EndpointSubset(ValueArray<ServiceEndpoint> Endpoints, ValueArray<EndpointPort> Ports);
