using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// What changed in a cluster since another moment: of each object that changed, what it is now, or null when it is gone. Every key is
/// there at most once; in no order. An object that is as it was may be there too.
/// </summary>
public sealed record ClusterChanges
{
    public ValueArray<KeyValuePair<string, Namespace?>> Namespaces { get; init; }

    public ValueArray<KeyValuePair<PodId, Pod?>> Pods { get; init; }

    public ValueArray<KeyValuePair<string, Node?>> Nodes { get; init; }

    public ValueArray<KeyValuePair<PolicyId, Policy?>> Policies { get; init; }

    public bool IsEmpty => Namespaces.IsEmpty && Pods.IsEmpty && Nodes.IsEmpty && Policies.IsEmpty;
}
