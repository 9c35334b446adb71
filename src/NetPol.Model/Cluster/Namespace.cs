using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>A namespace. <paramref name="Labels"/> include <c>kubernetes.io/metadata.name</c>, as the API server sets it.</summary>
public sealed record Namespace(string Name, Labels Labels)
{
    /// <summary>The connections of its pods for which flow records are requested.</summary>
    public FlowLogging Logging { get; init; }

    /// <summary>
    /// Whether it is being deleted: <c>metadata.deletionTimestamp</c> is set or <c>status.phase</c> is Terminating. Its pods may run until their grace period ends.
    /// </summary>
    public bool IsTerminating { get; init; }
}
