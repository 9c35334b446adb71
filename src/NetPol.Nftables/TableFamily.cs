namespace NetPol.Nftables;

/// <summary>The families of tables that are written here.</summary>
public enum TableFamily
{
    /// <summary>Packets of IPv4 and IPv6 that this machine routes, receives and sends.</summary>
    Inet,

    /// <summary>Ethernet frames that come in by a port of a bridge, before br_netfilter hands their packets to the other families.</summary>
    Bridge,
}
