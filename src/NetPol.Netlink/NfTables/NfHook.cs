namespace NetPol.Netlink.NfTables;

/// <summary>Where a base chain hangs (linux/netfilter.h, <c>enum nf_inet_hooks</c>).</summary>
public enum NfHook : uint
{
    PreRouting = 0,
    Input = 1,
    Forward = 2,
    Output = 3,
    PostRouting = 4,
    Ingress = 5,
}
