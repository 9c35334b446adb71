namespace NetPol.Kubernetes.Services;

/// <summary>A port of endpoints.</summary>
/// <param name="Name">The name of the Service's port that leads here; empty for one without a name.</param>
/// <param name="Protocol">TCP where none is written.</param>
/// <param name="Number">The port of the endpoints.</param>
public sealed record EndpointPort(string Name, Model.Protocol Protocol, ushort Number);
