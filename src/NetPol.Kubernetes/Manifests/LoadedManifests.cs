using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Manifests;

/// <summary>The content of the manifests.</summary>
/// <param name="Snapshot">
/// The cluster as it was written, workloads as their pods; nodes and addresses that are not written are missing, see
/// <see cref="Complete"/>. Where there are errors the policies in it are stricter than what was written, never looser.
/// </param>
/// <param name="Diagnostics">By location, then in the order found.</param>
/// <param name="Skipped">Kinds that policies do not depend on, in ordinal order, with how many objects there were.</param>
/// <param name="Objects">Every object that counts, workloads included, in the order read.</param>
public sealed record LoadedManifests(
    ClusterSnapshot Snapshot,
    ValueArray<Diagnostic> Diagnostics,
    ValueArray<KeyValuePair<string, int>> Skipped,
    ValueArray<LoadedObject> Objects)
{
    /// <summary>The Services, in the order read. They count as passed over: no policy depends on them.</summary>
    public ValueArray<Service> Services { get; init; } = [];

    /// <summary>The EndpointSlices and Endpoints objects, in the order read. They count as passed over too.</summary>
    public ValueArray<ServiceEndpoints> Endpoints { get; init; } = [];

    /// <summary>The objects as they were read, for <see cref="PolicyLinter"/>.</summary>
    internal ManifestSet Manifests { get; init; } = new();

    /// <summary>Whether the object suppresses the warnings of a code with the annotation <c>netpol.io/ignore</c>.</summary>
    /// <param name="subject">The object as <c>Kind namespace/name</c>.</param>
    /// <param name="code">The code.</param>
    public bool IsSuppressed(string subject, string code) => Manifests.Suppressions.Contains(subject, code);

    /// <summary>As in <see cref="LoadOptions.Nodes"/>.</summary>
    internal int? Nodes { get; init; }

    /// <summary>
    /// The cluster with nodes and addresses where none are written. Every node that a pod names becomes an object; without any there are two,
    /// <c>node-1</c> and <c>node-2</c>, or as many as <see cref="LoadOptions.Nodes"/> says. Pods without a node are dealt out over the nodes in order.
    /// </summary>
    public ClusterSnapshot Complete() => ClusterDefaults.Complete(Snapshot, Nodes);

    /// <summary>How many objects name no namespace, and are in <see cref="LoadOptions.DefaultNamespace"/>.</summary>
    public int DefaultedNamespaces { get; init; }

    /// <summary>Whether any diagnostic is an error: an API server would refuse an object, or a file is unusable.</summary>
    public bool HasErrors => Diagnostics.Any(d => d.Severity == Severity.Error);
}

/// <summary>An object that was read. <paramref name="Id"/> is <c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
public sealed record LoadedObject(string Kind, string Id, SourceLocation Location);
