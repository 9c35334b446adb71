namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>What the kernel knows of a packet besides its bytes (linux/netfilter/nf_tables.h, <c>enum nft_meta_keys</c>).</summary>
public enum MetaKey : uint
{
    Length = 0,

    /// <summary>The EtherType, two bytes in network order.</summary>
    Protocol = 1,

    Priority = 2,
    Mark = 3,

    /// <summary>Four bytes in host order.</summary>
    InputInterface = 4,

    /// <summary>Four bytes in host order.</summary>
    OutputInterface = 5,

    /// <summary>Sixteen bytes, zeros at the end.</summary>
    InputInterfaceName = 6,

    /// <summary>Sixteen bytes, zeros at the end.</summary>
    OutputInterfaceName = 7,

    /// <summary>One byte, see <see cref="NfFamily"/>.</summary>
    NfProto = 15,

    /// <summary>The protocol above IP, one byte.</summary>
    L4Protocol = 16,

    /// <summary>Sixteen bytes, zeros at the end: <c>veth</c>, <c>bridge</c>, …; all zeros for hardware.</summary>
    InputInterfaceKind = 26,
}
