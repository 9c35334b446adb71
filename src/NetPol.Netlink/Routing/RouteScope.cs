namespace NetPol.Netlink.Routing;

/// <summary>How far away a destination is (linux/rtnetlink.h, <c>enum rt_scope_t</c>).</summary>
public enum RouteScope : byte
{
    /// <summary>Anywhere, through a gateway.</summary>
    Universe = 0,

    /// <summary>On the link itself.</summary>
    Link = 253,

    /// <summary>This machine.</summary>
    Host = 254,
}
