using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>Finds the links that lead away from local pods. A link that matches no row of the table in DESIGN.md is no uplink.</summary>
internal sealed class UplinkFinder
{
    // A link may be stacked on another. The kernel allows eight levels (MAX_NEST_DEV of linux/netdevice.h).
    private const int MaxDepth = 8;

    private readonly LinkMap _map;
    private readonly LocalPods _pods;
    private readonly HashSet<int> _podLinks;

    private UplinkFinder(LinkMap map, LocalPods pods)
    {
        (_map, _pods) = (map, pods);
        _podLinks = [.. pods.Addresses.SelectMany(map.GetLinksTo)];
    }

    /// <summary>The indices of the uplinks, sorted.</summary>
    public static IReadOnlyList<int> Find(LinkMap map, LocalPods pods)
    {
        var uplinks = new UplinkFinder(map, pods);
        return [.. map.Links.Where(l => uplinks.IsUplink(l, depth: 0)).Select(l => l.Index).Order()];
    }

    private bool IsUplink(Link link, int depth) =>
        depth < MaxDepth && !link.IsLoopback && !HasHostRouteToPod(link) && link.Kind switch
        {
            // Hardware, and the paravirtual devices of virtual machines. Pods may have addresses of its subnet and still be behind other links.
            "" => true,
            "bond" or "team" or "vrf" => HasOnlyUplinks(link, depth),
            "vlan" or "macvlan" or "macvtap" or "ipvlan" or "macsec" when link.Lower != 0 && !link.IsLowerElsewhere =>
                !HasPodsInSubnet(link) && _map.Find(link.Lower) is { } lower && IsUplink(lower, depth + 1),
            "bridge" => !HasPodsInSubnet(link) && _map.LeadsToOtherNetworks(link) && !_map.GetPorts(link).Any(LeadsToNamespaceOrMachine),
            // Netlink does not show to which of its bridges a port belongs.
            "openvswitch" => !HasPodsInSubnet(link) && _map.LeadsToOtherNetworks(link),
            "vti" or "vti6" or "xfrm" => true,
            _ when link.Tunnel is not null => true,
            _ => IsSeparateUplink(link),
        };

    /// <summary>For a veth of a node that is a network namespace itself, a VPN's tun device, PPP: it is an uplink only if routes lead to other networks and no sign of a pod exists.</summary>
    private bool IsSeparateUplink(Link link) =>
        (!string.Equals(link.Kind, "veth", StringComparison.Ordinal) || link.IsLowerElsewhere)
        && link.Master == 0 && !_map.GetHostRoutes(link).Any() && !HasPodsInSubnet(link) && _map.LeadsToOtherNetworks(link);

    private bool HasOnlyUplinks(Link link, int depth)
    {
        var ports = _map.GetPorts(link).ToList();
        return ports.Count > 0 && !HasPodsInSubnet(link) && ports.TrueForAll(p => IsUplink(p, depth + 1));
    }

    private bool HasHostRouteToPod(Link link) => _map.GetHostRoutes(link).Any(_pods.MayContain);

    private bool HasPodsInSubnet(Link link) =>
        _podLinks.Contains(link.Index) || _map.GetSubnets(link).Any(s => _pods.Networks.Any(n => s.Contains(n) || n.Contains(s)));

    private static bool LeadsToNamespaceOrMachine(Link port) => port.Kind is "veth" or "tun" or "netkit";
}

/// <summary>Finds the ports and protocols at which the node's tunnels receive. DESIGN.md lists the kinds.</summary>
internal static class TunnelFinder
{
    private const byte Ipv4InIp = 4;
    private const byte Ipv6InIp = 41;
    private const byte Gre = 47;
    private const byte L2tp = 115;
    private const byte MplsInIp = 137;
    private const byte EthernetInIpv6 = 143;

    // GTP-U and GTP-C of version 0 (3GPP TS 29.281, TS 29.060); netlink does not report the ports of the device's sockets.
    private static readonly ushort[] Gtp = [2152, 3386];

    /// <summary>The UDP ports, sorted.</summary>
    public static IReadOnlyList<TunnelPort> FindPorts(NodeNetwork network) =>
    [
        .. network.Links.SelectMany(FindPorts)
            .Concat(network.WireGuardDevices.Select(d => d.Port))
            .Concat(network.FouSockets.Select(s => s.Port))
            .Concat(network.L2tpTunnels.Select(t => t.Port))
            .Where(port => port != 0).Distinct().Order().Select(port => new TunnelPort(NetPol.Model.Net.Protocol.Udp, port)),
    ];

    /// <summary>The IP protocols, sorted.</summary>
    public static IReadOnlyList<byte> FindProtocols(NodeNetwork network)
    {
        var protocols = network.Links.SelectMany(FindProtocols).ToHashSet();
        if (network.L2tpTunnels.Any(t => t.Port == 0))
            protocols.Add(L2tp);
        if (network.Routes.Any(r => r.EndsSegmentRouting))
            protocols.UnionWith([Ipv4InIp, Ipv6InIp, EthernetInIpv6]);
        return [.. protocols.Order()];
    }

    private static IEnumerable<ushort> FindPorts(Link link)
    {
        if (link.Tunnel is not { } tunnel)
            return [];
        return string.Equals(link.Kind, "gtp", StringComparison.Ordinal) ? Gtp : [tunnel.Port, tunnel.UdpSourcePort, tunnel.UdpDestinationPort];
    }

    private static IEnumerable<byte> FindProtocols(Link link) => link.Kind switch
    {
        "ipip" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, MplsInIp],
        "sit" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, Ipv6InIp, MplsInIp],
        "ip6tnl" => link.Tunnel?.InnerProtocol is { } inner and not 0 ? [inner] : [Ipv4InIp, Ipv6InIp, MplsInIp],
        "gre" or "gretap" or "erspan" or "ip6gre" or "ip6gretap" or "ip6erspan" => [Gre],
        _ => [],
    };
}
