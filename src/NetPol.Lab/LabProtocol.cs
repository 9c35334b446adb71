namespace NetPol.Lab;

/// <summary>What the lab can listen on and probe with. <see cref="Icmp"/> is the echo of the address's family: ICMP or ICMPv6.</summary>
public enum LabProtocol
{
    Icmp,
    Tcp,
    Udp,
    Sctp,
}
