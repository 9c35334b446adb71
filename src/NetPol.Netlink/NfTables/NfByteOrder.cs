namespace NetPol.Netlink.NfTables;

/// <summary>How nft shall read a key or a datum when it prints (nft's <c>enum byteorder</c>, kept in a set's user data).</summary>
public enum NfByteOrder : uint
{
    /// <summary>Concatenations, verdicts.</summary>
    None = 0,

    /// <summary>One-byte values too.</summary>
    Host = 1,

    /// <summary>Addresses, ports.</summary>
    BigEndian = 2,
}
