using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>An object that a controller turns into pods.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Id">Namespace and name.</param>
/// <param name="Owners">Kind and name of its owners.</param>
/// <param name="Replicas">How many pods; null: one on every node.</param>
/// <param name="Labels">The labels of its pods in the template, without those that the controller adds.</param>
/// <param name="Spec">The spec of its pods.</param>
internal sealed record Workload(
    string Kind, PodId Id, ValueArray<(string Kind, string Name)> Owners, int? Replicas, Labels Labels, PodSpec Spec)
{
    /// <summary>Whether the number of pods is written. An apply leaves the number of a running workload alone where it is not.</summary>
    public bool IsScaled { get; init; } = true;

    /// <summary>The number of a StatefulSet's first pod.</summary>
    public int FirstOrdinal { get; init; }

    /// <summary>Whether each pod of a Job has an index.</summary>
    public bool IsIndexed { get; init; }

    public bool IsStateful => string.Equals(Kind, "StatefulSet", StringComparison.Ordinal);
}
