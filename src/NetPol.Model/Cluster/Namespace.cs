namespace NetPol.Model.Cluster;

/// <summary>A namespace. <paramref name="Labels"/> include <c>kubernetes.io/metadata.name</c>, as the API server sets it.</summary>
public sealed record Namespace(string Name, Labels Labels);
