using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using NetPol.Netlink.Routing;

namespace NetPol.Lab;

/// <summary>Creates links and their routes. Call each method inside the namespace that it changes.</summary>
internal static class VethEnds
{
    // No namespace owns the next-hop addresses: each stands for the hardware address of the other end.
    private static readonly IPAddress[] Above = [IPAddress.Parse("169.254.1.1"), IPAddress.Parse("fe80::1")];
    private static readonly IPAddress[] Below = [IPAddress.Parse("169.254.1.2"), IPAddress.Parse("fe80::2")];
    private static readonly PhysicalAddress HardwareAbove = new([2, 0, 0, 0, 0, 1]);
    private static readonly PhysicalAddress HardwareBelow = new([2, 0, 0, 0, 0, 2]);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Brings up loopback. Call it first: the kernel rejects every gateway while a namespace has no local address.</summary>
    public static void StartLoopback()
    {
        using var routing = RouteSocket.Open();
        routing.SetUp(routing.GetLink("lo").Index);
    }

    /// <summary>Creates the links whose upper side is in this namespace, and the routes to the addresses behind them.</summary>
    public static void MakeUpper(IEnumerable<VethPair> vethPairs, bool withIPv6)
    {
        using var routing = RouteSocket.Open();
        foreach (var vethPair in vethPairs)
        {
            routing.AddVeth(vethPair.UpperName, vethPair.LowerName, vethPair.Lower.Namespace);
            var link = Start(routing, vethPair.UpperName, HardwareAbove);
            foreach (var hop in Below.Take(withIPv6 ? 2 : 1))
                routing.AddNeighbor(link, hop, HardwareBelow);
            foreach (var address in vethPair.Behind)
                routing.AddRoute(Via(link, Below, address, LabAddress.Bits(address)));
        }
    }

    /// <summary>Assigns the addresses to a link's lower side, and makes the link the default route.</summary>
    public static void ConfigureLower(VethPair vethPair, bool withIPv6)
    {
        using var routing = RouteSocket.Open();
        var link = Start(routing, vethPair.LowerName, HardwareBelow);
        foreach (var address in vethPair.Lower.Addresses)
            routing.AddAddress(link, address, LabAddress.Bits(address));
        foreach (var (hop, anybody) in Above.Zip([IPAddress.Any, IPAddress.IPv6Any]).Take(withIPv6 ? 2 : 1))
        {
            routing.AddNeighbor(link, hop, HardwareAbove);
            routing.AddRoute(Via(link, Above, anybody, 0));
        }
    }

    /// <summary>Waits until the kernel delivers packets to every address of a link's lower side.</summary>
    /// <exception cref="LabException">The kernel does not within ten seconds.</exception>
    public static void AwaitLower(VethPair vethPair)
    {
        using var routing = RouteSocket.Open();
        var link = routing.GetLink(vethPair.LowerName).Index;
        foreach (var address in vethPair.Lower.Addresses)
        {
            if (!SpinWait.SpinUntil(() => routing.IsLocal(address, link), Timeout))
                throw new LabException($"the kernel added no local route for {address} within {Timeout.TotalSeconds} s; the system log may say why");
        }
    }

    private static int Start(RouteSocket routing, string name, PhysicalAddress hardware)
    {
        var link = routing.GetLink(name).Index;
        routing.SetLinkAddress(link, hardware);
        routing.SetUp(link);
        return link;
    }

    private static Route Via(int link, IPAddress[] hops, IPAddress to, int bits) =>
        new(to, bits) { Interface = link, Gateway = hops[to.AddressFamily == AddressFamily.InterNetwork ? 0 : 1], OnLink = true };
}
