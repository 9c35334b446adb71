using System.Net;
using NetPol.Model.Net;
using NetPol.Netlink;
using NetPol.Netlink.Generic;
using NetPol.Netlink.Routing;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Network;

/// <summary>Reads the node's network, in the network namespace of the thread that opened it. Not for use by two threads at once.</summary>
internal sealed class KernelNetworkReader : IDisposable
{
    // If a list changes while the kernel sends it, the agent reads it again. After this many attempts it is an error.
    private const int MaxAttempts = 10;

    private readonly RouteSocket _routes;
    private readonly GenericSocket _generic;

    private KernelNetworkReader(RouteSocket routes, GenericSocket generic) => (_routes, _generic) = (routes, generic);

    /// <exception cref="NetlinkException">No file is left.</exception>
    public static KernelNetworkReader Open() => new(RouteSocket.Open(), GenericSocket.Open());

    /// <summary>Reads the current network.</summary>
    /// <exception cref="NetlinkException">The kernel refused, or the network changed each time while it was read.</exception>
    /// <exception cref="NetlinkFormatException">An answer is not as the kernel's headers say.</exception>
    public NodeNetwork Read()
    {
        var links = ReadConsistent(_routes.ListLinks);
        var families = ReadConsistent(_generic.ListFamilies);
        return new()
        {
            Links = links,
            Routes = ReadConsistent(_routes.ListRoutes),
            Addresses = ReadConsistent(_routes.ListAddresses),
            WireGuardDevices = families.TryGetValue("wireguard", out var wireGuard) ? ReadWireGuard(wireGuard, links) : [],
            FouSockets = families.TryGetValue("fou", out var fou) ? ReadConsistent(() => _generic.ListFouSockets(fou)) : [],
            L2tpTunnels = families.TryGetValue("l2tp", out var l2tp) ? ReadConsistent(() => _generic.ListL2tpTunnels(l2tp)) : [],
        };
    }

    public void Dispose()
    {
        _routes.Dispose();
        _generic.Dispose();
    }

    private List<WireGuardDevice> ReadWireGuard(ushort family, IReadOnlyList<Link> links)
    {
        var devices = new List<WireGuardDevice>();
        foreach (var link in links.Where(l => string.Equals(l.Kind, "wireguard", StringComparison.Ordinal)))
        {
            if (ReadConsistent(() => _generic.FindWireGuard(family, link.Index)) is { } device)
                devices.Add(device);
        }
        return devices;
    }

    private static T ReadConsistent<T>(Func<T> read)
    {
        for (var i = 1; ; i++)
        {
            try
            {
                return read();
            }
            catch (NetlinkException changed) when (changed.Errno == NetlinkErrno.Interrupted && i < MaxAttempts)
            {
                // The list changed while the kernel sent it: read it again.
            }
        }
    }
}

/// <summary>The node's network as the kernel reported it. Every list may be empty.</summary>
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

/// <summary>Converts addresses of .NET and netlink to those of the model.</summary>
internal static class AddressConversions
{
    public static IpAddress ToModel(this IPAddress address) => IpAddress.FromBytes(address.GetAddressBytes());

    /// <summary>The route's destination; null for an IPv4-mapped IPv6 destination of fewer than 96 bits, which is never a pod's.</summary>
    public static Cidr? ToModel(this Route route)
    {
        var address = route.Destination.ToModel();
        var bits = route.PrefixLength - ((route.Destination.GetAddressBytes().Length * 8) - address.Bits);
        return bits >= 0 && bits <= address.Bits ? Cidr.Create(address, bits) : null;
    }
}
