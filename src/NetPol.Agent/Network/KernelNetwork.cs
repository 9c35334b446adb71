using NetPol.Netlink;
using NetPol.Netlink.Generic;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Network;

/// <summary>Reads the node's network, in the network namespace of the thread that opened it. Not for use by two threads at once.</summary>
internal sealed class KernelNetwork : IDisposable
{
    // A list that changes while the kernel sends it comes anew; a node on which that never ends is told as an error.
    private const int Tries = 10;

    private readonly RouteSocket _routes;
    private readonly GenericSocket _generic;

    private KernelNetwork(RouteSocket routes, GenericSocket generic) => (_routes, _generic) = (routes, generic);

    /// <exception cref="NetlinkException">No file is left.</exception>
    public static KernelNetwork Open() => new(RouteSocket.Open(), GenericSocket.Open());

    /// <summary>The network of now.</summary>
    /// <exception cref="NetlinkException">The kernel refused, or the network changed each time while it was read.</exception>
    /// <exception cref="NetlinkFormatException">An answer is not as the kernel's headers say.</exception>
    public NodeNetwork Read()
    {
        var links = Again(_routes.ListLinks);
        var families = Again(_generic.ListFamilies);
        return new()
        {
            Links = links,
            Routes = Again(_routes.ListRoutes),
            Addresses = Again(_routes.ListAddresses),
            WireGuardDevices = families.TryGetValue("wireguard", out var wireGuard) ? ReadWireGuard(wireGuard, links) : [],
            FouSockets = families.TryGetValue("fou", out var fou) ? Again(() => _generic.ListFouSockets(fou)) : [],
            L2tpTunnels = families.TryGetValue("l2tp", out var l2tp) ? Again(() => _generic.ListL2tpTunnels(l2tp)) : [],
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
            if (Again(() => _generic.FindWireGuard(family, link.Index)) is { } device)
                devices.Add(device);
        }
        return devices;
    }

    private static T Again<T>(Func<T> read)
    {
        for (var i = 1; ; i++)
        {
            try
            {
                return read();
            }
            catch (NetlinkException changed) when (changed.Errno == NetlinkErrno.Interrupted && i < Tries)
            {
                // The next read is of what it changed into.
            }
        }
    }
}
