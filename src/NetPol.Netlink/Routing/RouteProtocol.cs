namespace NetPol.Netlink.Routing;

/// <summary>Who made a route (linux/rtnetlink.h, <c>RTPROT_*</c>); routing daemons have further numbers.</summary>
public enum RouteProtocol : byte
{
    Unspecified = 0,

    /// <summary>An ICMP redirect.</summary>
    Redirect = 1,

    /// <summary>The kernel, from an address or a router advertisement's prefix.</summary>
    Kernel = 2,

    /// <summary>A command without a protocol, such as <c>ip route add</c>.</summary>
    Boot = 3,

    /// <summary>An administrator.</summary>
    Static = 4,

    /// <summary>A router advertisement.</summary>
    RouterAdvertisement = 9,

    /// <summary>A DHCP client.</summary>
    Dhcp = 16,
}
