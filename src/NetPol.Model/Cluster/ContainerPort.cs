namespace NetPol.Model.Cluster;

/// <summary>A declared port of a container, including init and sidecar containers. <paramref name="Name"/> is null for an unnamed port.</summary>
public sealed record ContainerPort(string? Name, Protocol Protocol, ushort Number);
