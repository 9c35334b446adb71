using System.Globalization;
using NetPol.Model;

namespace NetPol.Testing.Samples;

/// <summary>A port as a grid names it: <c>80/TCP</c>, or <c>ICMP</c> (port 0, of either family).</summary>
public readonly record struct ExpectedPort(Protocol Protocol, ushort Number)
{
    /// <exception cref="FormatException">The text is not a port.</exception>
    public static ExpectedPort Parse(string text)
    {
        if (string.Equals(text, "ICMP", StringComparison.Ordinal))
            return new(Protocol.Icmp, 0);
        foreach (var protocol in Protocols.WithPorts)
        {
            var suffix = $"/{protocol.Name()}";
            if (text.EndsWith(suffix, StringComparison.Ordinal) &&
                ushort.TryParse(text[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                return new(protocol, number);
        }
        throw new FormatException($"\"{text}\" is not a port: write 80/TCP, 53/UDP, 7777/SCTP or ICMP");
    }

    /// <summary>The protocol as packets of the family carry it.</summary>
    public Protocol ProtocolOver(IpFamily family) => Protocol == Protocol.Icmp && family == IpFamily.V6 ? Protocol.IcmpV6 : Protocol;

    public override string ToString() => Protocol.HasPorts() ? $"{Number}/{Protocol.Name()}" : Protocol.Name();
}
