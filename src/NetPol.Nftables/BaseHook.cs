namespace NetPol.Nftables;

/// <summary>The places in the packet's way that a base chain hooks into, by their numbers in linux/netfilter.h (nf_inet_hooks).</summary>
public enum BaseHook
{
    /// <summary>Found in the kernel: hooked where, or with a type or policy, that is not written here.</summary>
    Foreign = -1,

    PreRouting = 0,
    Input = 1,
    Forward = 2,
}
