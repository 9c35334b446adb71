using System.Net;
using NetPol.Model;
using NetPol.Netlink.Generic;
using NetPol.Netlink.Routing;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Network;

/// <summary>The node's network as the kernel told it at one time. Every list may be empty.</summary>
internal sealed record NodeNetwork
{
    public static NodeNetwork Empty { get; } = new();

    public IReadOnlyList<Link> Links { get; init; } = [];

    /// <summary>Routes of all tables, once for each next hop.</summary>
    public IReadOnlyList<Route> Routes { get; init; } = [];

    public IReadOnlyList<LinkAddress> Addresses { get; init; } = [];

    public IReadOnlyList<WireGuardDevice> WireGuardDevices { get; init; } = [];

    public IReadOnlyList<FouSocket> FouSockets { get; init; } = [];

    public IReadOnlyList<L2tpTunnel> L2tpTunnels { get; init; } = [];
}

/// <summary>Addresses of the network library as the model's.</summary>
internal static class ModelAddresses
{
    public static IpAddress ToModel(this IPAddress address) => IpAddress.FromBytes(address.GetAddressBytes());

    /// <summary>The route's destination. An IPv4-mapped IPv6 destination of fewer than 96 bits is none of a pod, and gives null.</summary>
    public static Cidr? ToModel(this Route route)
    {
        var address = route.Destination.ToModel();
        var bits = route.PrefixLength - ((route.Destination.GetAddressBytes().Length * 8) - address.Bits);
        return bits >= 0 && bits <= address.Bits ? Cidr.Of(address, bits) : null;
    }
}
