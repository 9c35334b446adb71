namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Where in a packet an offset counts from (linux/netfilter/nf_tables.h, <c>enum nft_payload_bases</c>).</summary>
public enum PayloadBase : uint
{
    LinkHeader = 0,
    NetworkHeader = 1,
    TransportHeader = 2,
    InnerHeader = 3,
}
