using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>Finds the addresses of a peer as disjoint ordered ranges with gaps between them.</summary>
internal static class PeerRanges
{
    /// <summary>Every address of both families.</summary>
    public static AddressRange[] Everything { get; } = [Cidr.Parse("0.0.0.0/0").Range, Cidr.Parse("::/0").Range];

    public static AddressRange[] Find(PeerMatcher matcher, IEnumerable<Node> nodes) => matcher.Addresses switch
    {
        Peer.Network network => Find(network),
        Peer.Nodes selected => Find(nodes.Where(n => selected.Selector.Matches(n.Labels)).SelectMany(n => matcher.IncludesReportedAddresses ? n.AllAddresses : n.Addresses)),
        _ => [],
    };

    private static AddressRange[] Find(Peer.Network network)
    {
        var found = new List<AddressRange>();
        var (next, last) = (network.Cidr.Network, network.Cidr.Last);
        foreach (var except in network.Except.Order())
        {
            if (except.Network.Family != next.Family || except.Last < next || except.Network > last)
                continue;
            if (except.Network > next)
                found.Add(new(next, Before(except.Network)));
            if (except.Last >= last)
                return [.. found];
            next = After(except.Last);
        }
        found.Add(new(next, last));
        return [.. found];
    }

    private static AddressRange[] Find(IEnumerable<IpAddress> addresses)
    {
        var found = new List<AddressRange>();
        foreach (var address in addresses.Distinct().Order())
        {
            if (found.Count > 0 && found[^1].Last.Family == address.Family && After(found[^1].Last) == address)
                found[^1] = found[^1] with { Last = address };
            else
                found.Add(new(address, address));
        }
        return [.. found];
    }

    private static IpAddress Before(IpAddress address) => address with { Value = address.Value - 1 };

    private static IpAddress After(IpAddress address) => address with { Value = address.Value + 1 };
}
