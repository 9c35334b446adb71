namespace NetPol.Nftables;

/// <summary>The data types that a set's key is made of, named as nft names them.</summary>
public enum KeyField
{
    /// <summary><c>ipv4_addr</c>, 4 bytes.</summary>
    Ipv4Addr,

    /// <summary><c>ipv6_addr</c>, 16 bytes.</summary>
    Ipv6Addr,

    /// <summary><c>iface_index</c>, 4 bytes: alone in host order, in a concatenation of an interval set in network order.</summary>
    IfaceIndex,

    /// <summary><c>inet_proto</c>, 1 byte.</summary>
    InetProto,

    /// <summary><c>nf_proto</c>, 1 byte: one of <see cref="Nftables.NfProto"/>.</summary>
    NfProto,

    /// <summary><c>ifname</c>, 16 bytes: a name with zeros at the end.</summary>
    InterfaceName,

    /// <summary><c>inet_service</c>, 2 bytes.</summary>
    InetService,

    /// <summary>
    /// <c>ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service</c>, 20 bytes: source, destination, protocol and ports, a concatenation
    /// by itself.
    /// </summary>
    Ipv4Flow,

    /// <summary>The same with <c>ipv6_addr</c>, 44 bytes.</summary>
    Ipv6Flow,
}
