namespace NetPol.Model.Cluster;

/// <summary>A port that a container of a pod declares (init and sidecar containers count). <paramref name="Name"/> is null when it has none.</summary>
public sealed record ContainerPort(string? Name, Protocol Protocol, ushort Number);
