using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>An object that was read. <paramref name="Id"/> is <c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
public sealed record LoadedObject(string Kind, string Id, SourceLocation Location);
