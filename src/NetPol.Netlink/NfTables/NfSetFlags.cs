namespace NetPol.Netlink.NfTables;

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_set_flags</c>.</summary>
[Flags]
public enum NfSetFlags : uint
{
    None = 0,
    Anonymous = 0x1,
    Constant = 0x2,

    /// <summary>Holds ranges: of one field as a start and an end element, of a concatenation as an element with two keys.</summary>
    Interval = 0x4,

    Map = 0x8,
    Timeout = 0x10,
    Eval = 0x20,
    Object = 0x40,

    /// <summary>The key is a concatenation whose fields the kernel must tell apart: ranges in a concatenation need it.</summary>
    Concat = 0x80,

    Expressions = 0x100,
}
