namespace NetPol.Model.Cluster;

/// <summary>A node with every address of <c>status.addresses</c> that is an IP address.</summary>
public sealed record Node(string Name, Labels Labels, ValueArray<IpAddress> Addresses);
