namespace NetPol.Netlink.NfTables;

/// <summary>What happens to a packet (linux/netfilter/nf_tables.h, <c>enum nft_verdicts</c>; linux/netfilter.h, <c>NF_*</c>).</summary>
public enum NfVerdictCode
{
    Drop = 0,
    Accept = 1,
    Continue = -1,
    Break = -2,

    /// <summary>Go on in a chain and come back.</summary>
    Jump = -3,

    /// <summary>Go on in a chain; its end returns to where this chain was jumped to from.</summary>
    Goto = -4,

    Return = -5,
}
