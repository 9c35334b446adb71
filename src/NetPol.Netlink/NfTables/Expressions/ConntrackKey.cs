namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>What connection tracking knows of a packet (linux/netfilter/nf_tables.h, <c>enum nft_ct_keys</c>).</summary>
public enum ConntrackKey : uint
{
    /// <summary>Four bytes in host order, a mask: 1 invalid, 2 established, 4 related, 8 new, 64 untracked.</summary>
    State = 0,

    /// <summary>One byte: 0 original, 1 reply.</summary>
    Direction = 1,

    /// <summary>Four bytes in host order.</summary>
    Status = 2,

    /// <summary>Four bytes in host order.</summary>
    Mark = 3,

    /// <summary>The source address of one direction of the connection: four bytes in network order; IPv6 packets do not match.</summary>
    SourceAddressV4 = 19,

    /// <summary>The source address of one direction of the connection: sixteen bytes in network order; IPv4 packets do not match.</summary>
    SourceAddressV6 = 21,
}
