namespace NetPol.Netlink.Routing;

/// <summary>What a route does (linux/rtnetlink.h, <c>RTN_*</c>).</summary>
public enum RouteKind : byte
{
    Unicast = 1,

    /// <summary>To this machine.</summary>
    Local = 2,

    /// <summary>Drops in silence.</summary>
    Blackhole = 6,

    /// <summary>Drops and says so by ICMP.</summary>
    Unreachable = 7,
}
