namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_cmp_ops</c>; <c>enum nft_range_ops</c> are the first two.</summary>
public enum CompareOperator : uint
{
    Equal = 0,
    NotEqual = 1,
    Less = 2,
    LessOrEqual = 3,
    Greater = 4,
    GreaterOrEqual = 5,
}
