namespace NetPol.Model;

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
