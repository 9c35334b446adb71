namespace NetPol.Model.Cluster;

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Every address of <c>status.addresses</c> that is an IP address.</param>
/// <param name="PodNetworks"><c>spec.podCIDRs</c>: where its pods have their addresses. Empty where the network plug-in has its own way of handing them out.</param>
public sealed record Node(string Name, Labels Labels, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodNetworks = default)
{
    /// <summary>
    /// Local addresses of the node that its agent reports and <c>status.addresses</c> may lack, as those of bridges: a Deny of the node covers them too,
    /// nothing opens them. None of them is a pod's, or in another node's status; several nodes may report the same one. Empty where no agent reports.
    /// </summary>
    public ValueArray<IpAddress> ReportedAddresses { get; init; }

    /// <summary><see cref="Addresses"/>, then <see cref="ReportedAddresses"/>; an address may be in both.</summary>
    public IEnumerable<IpAddress> AllAddresses => Addresses.Concat(ReportedAddresses);
}
