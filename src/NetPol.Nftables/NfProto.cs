namespace NetPol.Nftables;

/// <summary>The values of a packet's <c>meta nfproto</c> that a table of the family inet sees (linux/netfilter.h, <c>NFPROTO_*</c>).</summary>
public static class NfProto
{
    public const byte Ipv4 = 2;

    public const byte Ipv6 = 10;
}
