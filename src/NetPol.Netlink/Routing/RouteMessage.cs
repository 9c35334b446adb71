namespace NetPol.Netlink.Routing;

/// <summary>Message types of rtnetlink (linux/rtnetlink.h, <c>RTM_*</c>).</summary>
internal enum RouteMessage : ushort
{
    NewLink = 16,
    DeleteLink = 17,
    GetLink = 18,
    NewAddress = 20,
    GetAddress = 22,
    NewRoute = 24,
    DeleteRoute = 25,
    GetRoute = 26,
    NewNeighbour = 28,
}
