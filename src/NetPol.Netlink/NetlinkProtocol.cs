namespace NetPol.Netlink;

/// <summary>The netlink families that are spoken here (linux/netlink.h, <c>NETLINK_*</c>).</summary>
public enum NetlinkProtocol
{
    /// <summary>Links, addresses, routes, neighbours: rtnetlink.</summary>
    Route = 0,

    /// <summary>nf_tables, conntrack, log: nfnetlink.</summary>
    Netfilter = 12,

    /// <summary>WireGuard, FOU, L2TP: generic netlink.</summary>
    Generic = 16,
}
