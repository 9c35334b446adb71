namespace NetPol.Nftables;

/// <summary>
/// The parts of an Ethernet frame that rules of a table of <see cref="TableFamily.Bridge"/> read. The kernel reads the bytes whatever the frame carries, so
/// a rule compares <see cref="EtherType"/>, and the protocol, before it reads a field of them.
/// </summary>
public enum FrameField
{
    /// <summary><c>ether type</c>, 2 bytes. A frame with a VLAN tag, that of VLAN 0 included, has the type of the tag.</summary>
    EtherType,

    /// <summary><c>meta iifkind</c>, 16 bytes: the kind of the port, as <c>veth</c>; empty for hardware.</summary>
    InputKind,

    /// <summary><c>iifname</c>, 16 bytes: the name of the port by which the frame came in.</summary>
    InputName,

    /// <summary><c>oifname</c>, 16 bytes: the name of the port by which the frame goes out.</summary>
    OutputName,

    /// <summary><c>ip saddr</c>, 4 bytes.</summary>
    IpSource,

    /// <summary><c>ip daddr</c>, 4 bytes.</summary>
    IpDestination,

    /// <summary><c>ip6 saddr</c>, 16 bytes.</summary>
    Ip6Source,

    /// <summary><c>ip6 daddr</c>, 16 bytes.</summary>
    Ip6Destination,

    /// <summary><c>arp operation</c>, 2 bytes.</summary>
    ArpOperation,

    /// <summary><c>arp saddr ip</c>, 4 bytes: the sender's IPv4 address.</summary>
    ArpSender,

    /// <summary><c>meta l4proto</c>, 1 byte: the protocol behind all IPv6 extension headers.</summary>
    L4Protocol,

    /// <summary><c>icmpv6 type</c>, 1 byte.</summary>
    IcmpV6Type,

    /// <summary><c>@th,64,128</c>, 16 bytes: the target of a neighbor advertisement (RFC 4861, section 4.4).</summary>
    NeighborTarget,

    /// <summary><c>udp sport</c>, 2 bytes.</summary>
    UdpSource,

    /// <summary><c>udp dport</c>, 2 bytes.</summary>
    UdpDestination,
}
