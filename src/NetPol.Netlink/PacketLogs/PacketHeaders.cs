using System.Buffers.Binary;
using System.Net;

namespace NetPol.Netlink.PacketLogs;

/// <summary>Who speaks to whom, from the first bytes of a packet (RFC 791, RFC 8200).</summary>
/// <param name="Source">The sender.</param>
/// <param name="Destination">Of the same family.</param>
/// <param name="Protocol">The number above IP: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP, 58 ICMPv6.</param>
public sealed record PacketHeaders(IPAddress Source, IPAddress Destination, byte Protocol)
{
    private const int V4Length = 20;
    private const int V6Length = 40;
    private const int PortsLength = 4;
    private const int IcmpLength = 2;

    /// <summary>The ports of TCP, UDP and SCTP; null for other protocols, later fragments, and packets that the kernel copied too little of.</summary>
    public (ushort Source, ushort Destination)? Ports { get; private init; }

    /// <summary>The type and code of ICMP and ICMPv6, under the same conditions; null for other packets.</summary>
    public (byte Type, byte Code)? Icmp { get; private init; }

    /// <summary>Null when the bytes do not begin a packet of IPv4 or IPv6. Whatever the bytes are, nothing is read behind their end.</summary>
    /// <param name="packet">The packet from the network header on; may be truncated anywhere.</param>
    public static PacketHeaders? Read(ReadOnlySpan<byte> packet) => packet.IsEmpty ? null : (packet[0] >> 4) switch
    {
        4 => ReadV4(packet),
        6 => ReadV6(packet),
        _ => null,
    };

    private static PacketHeaders? ReadV4(ReadOnlySpan<byte> packet)
    {
        var length = (packet[0] & 0xf) * 4;
        if (length < V4Length || packet.Length < V4Length)
            return null;
        var head = new PacketHeaders(new(packet[12..16]), new(packet[16..20]), packet[9]);
        var isLaterFragment = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1fff) != 0;
        return isLaterFragment || packet.Length < length ? head : head.WithTransport(packet[length..]);
    }

    private static PacketHeaders? ReadV6(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < V6Length)
            return null;
        var protocol = packet[6];
        var rest = packet[V6Length..];
        // Every extension is at least eight bytes long, so this ends.
        while (ExtensionLength(protocol, rest) is { } length && length <= rest.Length)
        {
            if (protocol == Extension.Fragment && (BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) & 0xfff8) != 0)
                return new(new(packet[8..24]), new(packet[24..40]), rest[0]);
            protocol = rest[0];
            rest = rest[length..];
        }
        return new PacketHeaders(new(packet[8..24]), new(packet[24..40]), protocol).WithTransport(rest);
    }

    /// <summary>Null for what is no extension, or too short to say how long it is.</summary>
    private static int? ExtensionLength(byte protocol, ReadOnlySpan<byte> bytes) => protocol switch
    {
        _ when bytes.Length < 8 => null,
        Extension.HopByHop or Extension.Routing or Extension.Destination => (bytes[1] + 1) * 8,
        Extension.Fragment => 8,
        Extension.Authentication => Math.Max(8, (bytes[1] + 2) * 4),
        _ => null,
    };

    private PacketHeaders WithTransport(ReadOnlySpan<byte> transport) => Protocol switch
    {
        6 or 17 or 132 when transport.Length >= PortsLength =>
            this with { Ports = (BinaryPrimitives.ReadUInt16BigEndian(transport), BinaryPrimitives.ReadUInt16BigEndian(transport[2..])) },
        1 or 58 when transport.Length >= IcmpLength => this with { Icmp = (transport[0], transport[1]) },
        _ => this,
    };

    /// <summary>The headers that may stand between IPv6 and what it carries.</summary>
    private static class Extension
    {
        public const byte HopByHop = 0;
        public const byte Routing = 43;
        public const byte Fragment = 44;
        public const byte Authentication = 51;
        public const byte Destination = 60;
    }
}
