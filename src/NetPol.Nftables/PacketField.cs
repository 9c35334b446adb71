namespace NetPol.Nftables;

/// <summary>The parts of a packet that rules look at.</summary>
public enum PacketField
{
    /// <summary><c>ip saddr</c>; packets of other families do not match.</summary>
    IpSaddr,

    /// <summary><c>ip daddr</c>; packets of other families do not match.</summary>
    IpDaddr,

    /// <summary><c>ip6 saddr</c>; packets of other families do not match.</summary>
    Ip6Saddr,

    /// <summary><c>ip6 daddr</c>; packets of other families do not match.</summary>
    Ip6Daddr,

    /// <summary><c>iif</c>: the index of the interface that the packet came in by.</summary>
    Iif,

    /// <summary><c>fib saddr oif</c>: the index of the interface that leads to the source address; 0 without a route.</summary>
    FibSaddrOif,

    /// <summary><c>ct original ip saddr</c>; packets of other families do not match.</summary>
    CtOriginalIpSaddr,

    /// <summary><c>ct reply ip saddr</c>; packets of other families do not match.</summary>
    CtReplyIpSaddr,

    /// <summary><c>ct original ip6 saddr</c>; packets of other families do not match.</summary>
    CtOriginalIp6Saddr,

    /// <summary><c>ct reply ip6 saddr</c>; packets of other families do not match.</summary>
    CtReplyIp6Saddr,

    /// <summary><c>meta l4proto</c></summary>
    L4Proto,

    /// <summary><c>meta nfproto</c>: the family of the packet.</summary>
    NfProto,

    /// <summary><c>th dport</c>: bytes 2 and 3 of the transport header, whatever the protocol.</summary>
    ThDport,

    /// <summary><c>ip saddr . ip daddr . meta l4proto . th sport . th dport</c>; packets of other families do not match.</summary>
    IpFlow,

    /// <summary>The same with <c>ip6</c>.</summary>
    Ip6Flow,
}
