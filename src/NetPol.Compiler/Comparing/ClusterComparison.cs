using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Comparing;

/// <summary>
/// What differs between two clusters. Connections are compared between pods, nodes and addresses that are in both; a pod that is in one of
/// them alone is told as such.
/// </summary>
/// <param name="Groups">Everything that was compared: groups of pods by their first pod, then those of nodes, then those of other addresses.</param>
/// <param name="Changes">By kind and counterpart; those of more pairs of groups first. No connection is in two of one kind.</param>
/// <param name="NewPods">Pods that policies see and that only the new cluster has, by id.</param>
/// <param name="GonePods">The same of the old one.</param>
/// <param name="MovedPods">Pods that another node runs, or none any more; their connections with those nodes are not compared.</param>
/// <param name="NewNodes">Nodes that only the new cluster has, by name.</param>
/// <param name="GoneNodes">The same of the old one.</param>
public sealed record ClusterComparison(
    ValueArray<EndpointGroup> Groups,
    ValueArray<ConnectionChange> Changes,
    ValueArray<PodId> NewPods,
    ValueArray<PodId> GonePods,
    ValueArray<PodId> MovedPods,
    ValueArray<string> NewNodes,
    ValueArray<string> GoneNodes)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsEmpty => Changes.IsEmpty && NewPods.IsEmpty && GonePods.IsEmpty && MovedPods.IsEmpty && NewNodes.IsEmpty && GoneNodes.IsEmpty;
}
