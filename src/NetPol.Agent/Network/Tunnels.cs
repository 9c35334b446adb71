using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>Where the node's tunnels receive. DESIGN.md lists the kinds.</summary>
internal static class Tunnels
{
    private const byte Ipv4InIp = 4;
    private const byte Ipv6InIp = 41;
    private const byte Gre = 47;
    private const byte L2tp = 115;
    private const byte MplsInIp = 137;
    private const byte EthernetInIpv6 = 143;

    // GTP-U and GTP-C of version 0 (3GPP TS 29.281, TS 29.060); the device does not say its sockets' ports.
    private static readonly ushort[] Gtp = [2152, 3386];

    /// <summary>The UDP ports, sorted.</summary>
    public static IReadOnlyList<TunnelPort> Ports(NodeNetwork network) =>
    [
        .. network.Links.SelectMany(Ports)
            .Concat(network.WireGuardDevices.Select(d => d.Port))
            .Concat(network.FouSockets.Select(s => s.Port))
            .Concat(network.L2tpTunnels.Select(t => t.Port))
            .Where(port => port != 0).Distinct().Order().Select(port => new TunnelPort(Model.Protocol.Udp, port)),
    ];

    /// <summary>The IP protocols, sorted.</summary>
    public static IReadOnlyList<byte> Protocols(NodeNetwork network)
    {
        var protocols = network.Links.SelectMany(Protocols).ToHashSet();
        if (network.L2tpTunnels.Any(t => t.Port == 0))
            protocols.Add(L2tp);
        if (network.Routes.Any(r => r.EndsSegmentRouting))
            protocols.UnionWith([Ipv4InIp, Ipv6InIp, EthernetInIpv6]);
        return [.. protocols.Order()];
    }

    private static IEnumerable<ushort> Ports(Link link)
    {
        if (link.Tunnel is not { } tunnel)
            return [];
        return string.Equals(link.Kind, "gtp", StringComparison.Ordinal) ? Gtp : [tunnel.Port, tunnel.UdpSourcePort, tunnel.UdpDestinationPort];
    }

    private static IEnumerable<byte> Protocols(Link link) => link.Kind switch
    {
        "ipip" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, MplsInIp],
        "sit" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, Ipv6InIp, MplsInIp],
        "ip6tnl" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, Ipv6InIp, MplsInIp],
        "gre" or "gretap" or "erspan" or "ip6gre" or "ip6gretap" or "ip6erspan" => [Gre],
        _ => [],
    };
}
