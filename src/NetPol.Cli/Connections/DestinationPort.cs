using System.Globalization;
using NetPol.Model.Net;

namespace NetPol.Cli.Connections;

/// <summary>A destination port as the user writes it: <c>80/TCP</c> or <c>ICMP</c>.</summary>
/// <param name="Protocol">TCP, UDP, SCTP or ICMP. ICMP means ICMPv6 between IPv6 addresses.</param>
/// <param name="Number">The port; 0 for ICMP.</param>
internal readonly record struct DestinationPort(NetPol.Model.Net.Protocol Protocol, ushort Number)
{
    /// <summary>The syntax, for error messages.</summary>
    public const string Syntax = "a port from 1 to 65535, a slash and TCP, UDP or SCTP, such as 5432/TCP; or ICMP";

    /// <summary>Orders ports by number, then by protocol, ICMP last.</summary>
    public static IComparer<DestinationPort> Order { get; } = Comparer<DestinationPort>.Create(static (a, b) =>
    {
        var order = b.Protocol.HasPorts().CompareTo(a.Protocol.HasPorts());
        if (order == 0)
            order = a.Number.CompareTo(b.Number);
        return order == 0 ? a.Protocol.CompareTo(b.Protocol) : order;
    });

    /// <summary>Parses <c>80/TCP</c>, <c>80</c> (TCP) or <c>ICMP</c>, ignoring case.</summary>
    public static bool TryParse(string text, out DestinationPort port)
    {
        port = default;
        if (string.Equals(text, "icmp", StringComparison.OrdinalIgnoreCase))
        {
            port = new(NetPol.Model.Net.Protocol.Icmp, 0);
            return true;
        }
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var number = slash < 0 ? text : text[..slash];
        if (!ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) || parsed == 0)
            return false;
        var name = slash < 0 ? "TCP" : text[(slash + 1)..];
        foreach (var protocol in Protocols.WithPorts)
        {
            if (string.Equals(protocol.Name(), name, StringComparison.OrdinalIgnoreCase))
            {
                port = new(protocol, parsed);
                return true;
            }
        }
        return false;
    }

    /// <summary>Returns the protocol on the wire between addresses of a family.</summary>
    public NetPol.Model.Net.Protocol In(IpFamily family) => Protocol == NetPol.Model.Net.Protocol.Icmp && family == IpFamily.V6 ? NetPol.Model.Net.Protocol.IcmpV6 : Protocol;

    public override string ToString() => Protocol.HasPorts() ? $"{Number}/{Protocol.Name()}" : Protocol.Name();
}
