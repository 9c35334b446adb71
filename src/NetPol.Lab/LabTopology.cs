using System.Net;

namespace NetPol.Lab;

/// <summary>What a lab is made of.</summary>
/// <param name="Nodes">All nodes that a pod names.</param>
/// <param name="Pods">The pods; those of a node are reached through it alone.</param>
/// <param name="Outside">Addresses of hosts beyond the nodes, each of which gets a host of its own that is called as its address.</param>
public sealed record LabTopology(IReadOnlyList<NodeSpec> Nodes, IReadOnlyList<PodSpec> Pods, IReadOnlyList<IPAddress> Outside);
