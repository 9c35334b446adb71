namespace NetPol.Model.Cluster;

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Every address of <c>status.addresses</c> that is an IP address.</param>
/// <param name="PodNetworks"><c>spec.podCIDRs</c>: the networks of its pods. Empty where the network plugin assigns addresses in another way.</param>
public sealed record Node(string Name, Labels Labels, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodNetworks = default)
{
    /// <summary>
    /// Local addresses that the node's agent reports and <c>status.addresses</c> may not list, such as those of bridges. A Deny of the node covers them; no
    /// rule opens them. None is a pod's address or in another node's status. Several nodes may report the same address. Empty without a report.
    /// </summary>
    public ValueArray<IpAddress> ReportedAddresses { get; init; }

    /// <summary><see cref="Addresses"/>, then <see cref="ReportedAddresses"/>; an address may be in both.</summary>
    public IEnumerable<IpAddress> AllAddresses => Addresses.Concat(ReportedAddresses);
}
