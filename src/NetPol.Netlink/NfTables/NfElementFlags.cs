namespace NetPol.Netlink.NfTables;

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_set_elem_flags</c>.</summary>
[Flags]
public enum NfElementFlags : uint
{
    None = 0,

    /// <summary>The key is the first value that no longer belongs to the interval before it; such an element has no data.</summary>
    IntervalEnd = 0x1,

    /// <summary>Is found for every key that no other element has; it has no key itself.</summary>
    CatchAll = 0x2,
}
