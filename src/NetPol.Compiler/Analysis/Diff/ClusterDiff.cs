using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Diff;

/// <summary>
/// What differs between two clusters. Connections are compared between pods, nodes and addresses that are in both; a pod that is in one of
/// them alone is told as such.
/// </summary>
/// <param name="Groups">Everything that was compared: groups of pods by their first pod, then those of nodes, then those of other addresses.</param>
/// <param name="Changes">By kind and counterpart; those of more pairs of groups first. No connection is in two of one kind.</param>
/// <param name="AddedPods">Pods that policies see and that only the new cluster has, by id.</param>
/// <param name="RemovedPods">The same of the old one.</param>
/// <param name="MovedPods">Pods that another node runs, or none any more; their connections with those nodes are not compared.</param>
/// <param name="AddedNodes">Nodes that only the new cluster has, by name.</param>
/// <param name="RemovedNodes">The same of the old one.</param>
public sealed record ClusterDiff(
    ValueArray<EndpointGroup> Groups,
    ValueArray<ConnectionChange> Changes,
    ValueArray<PodId> AddedPods,
    ValueArray<PodId> RemovedPods,
    ValueArray<PodId> MovedPods,
    ValueArray<string> AddedNodes,
    ValueArray<string> RemovedNodes)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsEmpty => Changes.IsEmpty && AddedPods.IsEmpty && RemovedPods.IsEmpty && MovedPods.IsEmpty && AddedNodes.IsEmpty && RemovedNodes.IsEmpty;
}

/// <summary>
/// A change of all connections from each of some groups of endpoints to each of others, on some ports. Between a pod and itself, and
/// between a pod and its own node, there is none of these unless <paramref name="Destination"/> says so.
/// </summary>
/// <param name="Type">What changes.</param>
/// <param name="Destination">Whom the sources connect to.</param>
/// <param name="Family">The address family over which it changes; null: every one that both ends have.</param>
/// <param name="From">The sources, as places in <see cref="ClusterDiff.Groups"/>, ascending.</param>
/// <param name="To">The destinations, likewise; empty where each source is its own destination.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Before">Who decided before: the denials where it was denied, else those policies that allowed; by id.</param>
/// <param name="After">Who decides now, likewise.</param>
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

    /// <summary>Allowed or denied as before, but by others.</summary>
    DeciderChanged,
}

/// <summary>Whom the sources of changed connections connect to.</summary>
public enum DestinationScope
{
    /// <summary>Somebody else; of nodes: not to or from the node that runs the pod.</summary>
    Other,

    /// <summary>Each pod to itself, through a Service.</summary>
    Self,

    /// <summary>Each pod to the node that runs it.</summary>
    OwnNode,
}

/// <summary>Endpoints that are judged alike in both clusters, whoever the other end is. One of the three lists is not empty.</summary>
/// <param name="Pods">As they are in the new cluster, by id.</param>
/// <param name="Nodes">Nodes' addresses, by node.</param>
/// <param name="External">Addresses that are no pod's and no node's, in order; those of pods and nodes that lie in the ranges do not count.</param>
public sealed record EndpointGroup(ValueArray<Pod> Pods, ValueArray<NodeAddress> Nodes, ValueArray<AddressRange> External);

/// <summary>One of a node's addresses.</summary>
public sealed record NodeAddress(string Node, IpAddress Address);
