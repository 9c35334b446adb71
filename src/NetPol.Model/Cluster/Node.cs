namespace NetPol.Model.Cluster;

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Every address of <c>status.addresses</c> that is an IP address.</param>
/// <param name="PodNetworks"><c>spec.podCIDRs</c>: where its pods have their addresses. Empty where the network plug-in has its own way of handing them out.</param>
public sealed record Node(string Name, Labels Labels, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodNetworks = default);
