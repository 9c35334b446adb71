using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>
/// The differences between two clusters. Connections are compared between pods, nodes and addresses that are in both clusters. A pod that is in only
/// one of them is listed as added or removed.
/// </summary>
/// <param name="Groups">All compared endpoints: groups of pods by first pod, then groups of nodes, then groups of external addresses.</param>
/// <param name="Changes">The changes by type and destination, those with more pairs of groups first. No connection is in two changes of one type.</param>
/// <param name="AddedPods">The pods that only the new cluster has, by id. A finished pod whose address a selectable pod has does not count.</param>
/// <param name="RemovedPods">The pods that only the old cluster has, as <paramref name="AddedPods"/>.</param>
/// <param name="MovedPods">Pods that run on another node, or on none any more. Their connections with these nodes are not compared.</param>
/// <param name="AddedNodes">The nodes that only the new cluster has, by name.</param>
/// <param name="RemovedNodes">The nodes that only the old cluster has, by name.</param>
public sealed record ClusterDiff(
    ValueArray<EndpointGroup> Groups,
    ValueArray<ConnectionChange> Changes,
    ValueArray<PodId> AddedPods,
    ValueArray<PodId> RemovedPods,
    ValueArray<PodId> MovedPods,
    ValueArray<string> AddedNodes,
    ValueArray<string> RemovedNodes)
{
    /// <summary>Whether the clusters do not differ.</summary>
    public bool IsEmpty => Changes.IsEmpty && AddedPods.IsEmpty && RemovedPods.IsEmpty && MovedPods.IsEmpty && AddedNodes.IsEmpty && RemovedNodes.IsEmpty;
}

/// <summary>
/// A change of all connections from each source group to each destination group, on some ports. It includes connections of a pod with itself or with its
/// own node only if <paramref name="Destination"/> says so.
/// </summary>
/// <param name="Type">The type of the change.</param>
/// <param name="Destination">The kind of destination, relative to each source.</param>
/// <param name="Family">The address family that changes. Null for every family that both ends have.</param>
/// <param name="From">The sources, as indices in <see cref="ClusterDiff.Groups"/>, ascending.</param>
/// <param name="To">The destinations, as indices, ascending. Empty if each source is its own destination.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Before">The decisions before: the denials if a side denied, otherwise the rules that allowed. By tier and policy.</param>
/// <param name="After">The decisions after, as <paramref name="Before"/>.</param>
public sealed record ConnectionChange(
    ConnectionChangeType Type,
    DestinationScope Destination,
    IpFamily? Family,
    ValueArray<int> From,
    ValueArray<int> To,
    PortSet Ports,
    ValueArray<Decision> Before,
    ValueArray<Decision> After);

public enum ConnectionChangeType
{
    /// <summary>Denied before, allowed now.</summary>
    Opened,

    /// <summary>Allowed before, denied now.</summary>
    Closed,

    /// <summary>Allowed or denied as before, but by another decision.</summary>
    DeciderChanged,
}

/// <summary>The destination of changed connections, relative to the source.</summary>
public enum DestinationScope
{
    /// <summary>Another endpoint, except the node that runs the pod.</summary>
    Other,

    /// <summary>Each pod to itself, through a Service.</summary>
    Self,

    /// <summary>Each pod to the node that runs it.</summary>
    OwnNode,
}

/// <summary>Endpoints that both clusters evaluate alike with every other end. Exactly one of the three lists is not empty.</summary>
/// <param name="Pods">Pods as in the new cluster, by id.</param>
/// <param name="Nodes">Addresses of nodes, by node.</param>
/// <param name="External">Ranges of external addresses, in order. Addresses of pods and nodes within the ranges do not count.</param>
public sealed record EndpointGroup(ValueArray<Pod> Pods, ValueArray<NodeAddress> Nodes, ValueArray<AddressRange> External);

/// <summary>One of a node's addresses.</summary>
public sealed record NodeAddress(string Node, IpAddress Address);
