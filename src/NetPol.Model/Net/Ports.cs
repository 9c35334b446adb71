namespace NetPol.Model.Net;

/// <summary>IP protocol numbers (IANA) of the protocols that a connection can have here. Any other number is a protocol that only "everything" matches.</summary>
public enum Protocol : byte
{
    Icmp = 1,
    Tcp = 6,
    Udp = 17,
    IcmpV6 = 58,
    Sctp = 132,
}

public static class Protocols
{
    /// <summary>The protocols that have ports and that policies can name, in the order in which they are written out.</summary>
    public static ValueArray<Protocol> WithPorts { get; } = [Protocol.Tcp, Protocol.Udp, Protocol.Sctp];

    public static bool HasPorts(this Protocol protocol) => protocol is Protocol.Tcp or Protocol.Udp or Protocol.Sctp;

    /// <summary>The API's word: <c>TCP</c>, <c>UDP</c>, <c>SCTP</c>, <c>ICMP</c> (both families); otherwise the number.</summary>
    public static string Name(this Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "TCP",
        Protocol.Udp => "UDP",
        Protocol.Sctp => "SCTP",
        Protocol.Icmp or Protocol.IcmpV6 => "ICMP",
        _ => ((int)protocol).ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}

/// <summary>Ports from <paramref name="First"/> to <paramref name="Last"/>, both included. Ordered by first, then last.</summary>
public readonly record struct PortRange(ushort First, ushort Last) : IComparable<PortRange>
{
    /// <summary>Every port, 0 included.</summary>
    public static PortRange All { get; } = new(0, ushort.MaxValue);

    public static bool operator <(PortRange left, PortRange right) => left.CompareTo(right) < 0;

    public static bool operator >(PortRange left, PortRange right) => left.CompareTo(right) > 0;

    public static bool operator <=(PortRange left, PortRange right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PortRange left, PortRange right) => left.CompareTo(right) >= 0;

    public static PortRange Single(ushort port) => new(port, port);

    public bool Contains(ushort port) => port >= First && port <= Last;

    public int CompareTo(PortRange other) => First != other.First ? First.CompareTo(other.First) : Last.CompareTo(other.Last);

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
