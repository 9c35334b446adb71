using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Comparing;

/// <summary>Endpoints that are judged alike in both clusters, whoever the other end is. One of the three lists is not empty.</summary>
/// <param name="Pods">As they are in the new cluster, by id.</param>
/// <param name="Nodes">Nodes' addresses, by node.</param>
/// <param name="Outside">Addresses that are no pod's and no node's, in order; those of pods and nodes that lie in the ranges do not count.</param>
public sealed record EndpointGroup(ValueArray<Pod> Pods, ValueArray<NodeAddress> Nodes, ValueArray<AddressRange> Outside);
