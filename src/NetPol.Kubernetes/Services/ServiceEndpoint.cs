using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Services;

/// <summary>An address behind a Service.</summary>
/// <param name="Address">Where a connection goes.</param>
/// <param name="Pod">Whose address it is said to be; null where no pod is named.</param>
public sealed record ServiceEndpoint(IpAddress Address, PodId? Pod);
