namespace NetPol.Nftables;

/// <summary>States of connection tracking, by their bits in linux/netfilter/nf_conntrack_common.h (NF_CT_STATE_BIT).</summary>
[Flags]
public enum CtStates
{
    None = 0,
    Established = 2,
    Related = 4,
}
