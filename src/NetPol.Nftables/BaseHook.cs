namespace NetPol.Nftables;

/// <summary>The places in the packet's way that a base chain hooks into, by their numbers in linux/netfilter.h (nf_inet_hooks).</summary>
public enum BaseHook
{
    Input = 1,
    Forward = 2,
}
