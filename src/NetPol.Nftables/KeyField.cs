namespace NetPol.Nftables;

/// <summary>The data types that a set's key is made of, named as nft names them.</summary>
public enum KeyField
{
    /// <summary><c>ipv4_addr</c>, 4 bytes.</summary>
    Ipv4Addr,

    /// <summary><c>ipv6_addr</c>, 16 bytes.</summary>
    Ipv6Addr,

    /// <summary><c>inet_proto</c>, 1 byte.</summary>
    InetProto,

    /// <summary><c>inet_service</c>, 2 bytes.</summary>
    InetService,
}
