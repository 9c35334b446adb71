using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>The fixed part of a route message, host order (linux/rtnetlink.h, <c>struct rtmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="DestinationBits">Bits of the destination's prefix.</param>
/// <param name="SourceBits">Zero.</param>
/// <param name="TypeOfService">Zero.</param>
/// <param name="Table">RT_TABLE_*.</param>
/// <param name="Protocol">See <see cref="RouteProtocol"/>.</param>
/// <param name="Scope">See <see cref="RouteScope"/>.</param>
/// <param name="Kind">See <see cref="RouteKind"/>.</param>
/// <param name="Flags">RTNH_F_*.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RouteHeader(
    byte Family, byte DestinationBits, byte SourceBits, byte TypeOfService, byte Table, RouteProtocol Protocol, RouteScope Scope, RouteKind Kind, uint Flags)
{
    public const int Size = 12;

    /// <summary>RTNH_F_ONLINK.</summary>
    public const uint OnLink = 4;

    public const ushort AttributeDestination = 1;
    public const ushort AttributeInterface = 4;
    public const ushort AttributeGateway = 5;
    public const ushort AttributePriority = 6;
    public const ushort AttributePreferredSource = 7;
    public const ushort AttributeNextHops = 9;
    public const ushort AttributeTable = 15;
    public const ushort AttributeVia = 18;
    public const ushort AttributeEncapsulation = 21;

    /// <summary>LWTUNNEL_ENCAP_SEG6_LOCAL of linux/lwtunnel.h.</summary>
    public const ushort SegmentRoutingLocal = 7;
}
