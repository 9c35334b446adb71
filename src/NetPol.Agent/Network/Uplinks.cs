using NetPol.Netlink.Routing;

namespace NetPol.Agent.Network;

/// <summary>Which links lead away from local pods. A link that fits no row of the table in DESIGN.md is no uplink.</summary>
internal sealed class Uplinks
{
    // A link may stand on another, and that on a third; the kernel allows eight (MAX_NEST_DEV of linux/netdevice.h).
    private const int MaxDepth = 8;

    private readonly LinkMap _map;
    private readonly LocalPods _pods;
    private readonly HashSet<int> _podLinks;

    private Uplinks(LinkMap map, LocalPods pods)
    {
        (_map, _pods) = (map, pods);
        _podLinks = [.. pods.Known.SelectMany(map.LinksTo)];
    }

    /// <summary>The indices of the uplinks, sorted.</summary>
    public static IReadOnlyList<int> Among(LinkMap map, LocalPods pods)
    {
        var uplinks = new Uplinks(map, pods);
        return [.. map.Links.Where(l => uplinks.IsUplink(l, depth: 0)).Select(l => l.Index).Order()];
    }

    private bool IsUplink(Link link, int depth) =>
        depth < MaxDepth && !link.IsLoopback && !HasHostRouteToPod(link) && link.Kind switch
        {
            // Hardware, and the paravirtual devices of virtual machines. Pods may have addresses of its subnet and still be behind other links.
            "" => true,
            "bond" or "team" or "vrf" => HasUplinksAlone(link, depth),
            "vlan" or "macvlan" or "macvtap" or "ipvlan" or "macsec" when link.Lower != 0 && !link.IsLowerElsewhere =>
                !HasPodsInSubnet(link) && _map.Find(link.Lower) is { } lower && IsUplink(lower, depth + 1),
            "bridge" => !HasPodsInSubnet(link) && _map.IsWayToOtherNetworks(link) && !_map.PortsOf(link).Any(LeadsToNamespaceOrMachine),
            // The ports of its bridges are not to be told apart.
            "openvswitch" => !HasPodsInSubnet(link) && _map.IsWayToOtherNetworks(link),
            "vti" or "vti6" or "xfrm" => true,
            _ when link.Tunnel is not null => true,
            _ => IsWayOfItsOwn(link),
        };

    /// <summary>A veth of a node that is a network namespace itself, a VPN's tun device, PPP: the routes must say that it leads elsewhere, and nothing may speak for a pod.</summary>
    private bool IsWayOfItsOwn(Link link) =>
        (!string.Equals(link.Kind, "veth", StringComparison.Ordinal) || link.IsLowerElsewhere)
        && link.Master == 0 && !_map.HostRoutesOf(link).Any() && !HasPodsInSubnet(link) && _map.IsWayToOtherNetworks(link);

    private bool HasUplinksAlone(Link link, int depth)
    {
        var ports = _map.PortsOf(link).ToList();
        return ports.Count > 0 && !HasPodsInSubnet(link) && ports.TrueForAll(p => IsUplink(p, depth + 1));
    }

    private bool HasHostRouteToPod(Link link) => _map.HostRoutesOf(link).Any(_pods.MayHave);

    private bool HasPodsInSubnet(Link link) =>
        _podLinks.Contains(link.Index) || _map.SubnetsOf(link).Any(s => _pods.Networks.Any(n => s.Contains(n) || n.Contains(s)));

    private static bool LeadsToNamespaceOrMachine(Link port) => port.Kind is "veth" or "tun" or "netkit";
}
