using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>A namespace. <paramref name="Labels"/> include <c>kubernetes.io/metadata.name</c>, as the API server sets it.</summary>
public sealed record Namespace(string Name, Labels Labels)
{
    /// <summary>What is decided about its pods of which a flow record is asked for.</summary>
    public FlowLogging Logging { get; init; }
}
