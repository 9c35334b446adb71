namespace NetPol.Netlink.NfTables;

/// <summary>The family of a table (linux/netfilter.h, <c>NFPROTO_*</c>).</summary>
public enum NfFamily : byte
{
    /// <summary>In a request to list: all families.</summary>
    Unspecified = 0,

    /// <summary>IPv4 and IPv6 in one table.</summary>
    Inet = 1,

    Ipv4 = 2,
    Arp = 3,
    Netdev = 5,
    Bridge = 7,
    Ipv6 = 10,
}
