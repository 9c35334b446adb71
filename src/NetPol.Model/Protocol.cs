namespace NetPol.Model;

/// <summary>IP protocol numbers (IANA) of the protocols that a connection can have here. Any other number is a protocol that only "everything" matches.</summary>
public enum Protocol : byte
{
    Icmp = 1,
    Tcp = 6,
    Udp = 17,
    IcmpV6 = 58,
    Sctp = 132,
}
