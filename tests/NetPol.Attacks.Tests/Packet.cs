using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Attacks.Tests;

/// <summary>Builds IP packets byte by byte, header included, as a process with NET_RAW sends them.</summary>
internal static class Packet
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte IcmpV6 = 58;
    public const byte Sctp = 132;

    public const byte Syn = 2;
    public const byte Rst = 4;
    public const byte Ack = 16;
    public const byte Fin = 1;

    private const int V4HeaderLength = 20;
    private const int V6HeaderLength = 40;

    /// <summary>An IP packet of the addresses' family, RFC 791 or RFC 8200.</summary>
    /// <param name="source">Any address; the sender need not have it.</param>
    /// <param name="destination">An address of the same family.</param>
    /// <param name="protocol">The protocol of <paramref name="payload"/>, or the first extension header.</param>
    /// <param name="payload">Everything behind the header, without a checksum where it is one of TCP, UDP or ICMPv6.</param>
    /// <param name="hopLimit">The hop limit, or the time to live.</param>
    /// <param name="options">IPv4 only: options, a multiple of four bytes.</param>
    public static byte[] Ip(IPAddress source, IPAddress destination, byte protocol, byte[] payload, byte hopLimit = 64, byte[]? options = null)
    {
        WriteChecksum(source, destination, protocol, payload);
        if (source.AddressFamily == AddressFamily.InterNetworkV6)
        {
            var v6 = new byte[V6HeaderLength + payload.Length];
            v6[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(v6.AsSpan(4), (ushort)payload.Length);
            (v6[6], v6[7]) = (protocol, hopLimit);
            source.TryWriteBytes(v6.AsSpan(8), out _);
            destination.TryWriteBytes(v6.AsSpan(24), out _);
            payload.CopyTo(v6, V6HeaderLength);
            return v6;
        }
        options ??= [];
        var v4 = new byte[V4HeaderLength + options.Length + payload.Length];
        v4[0] = (byte)(0x40 | ((V4HeaderLength + options.Length) / 4));
        BinaryPrimitives.WriteUInt16BigEndian(v4.AsSpan(2), (ushort)v4.Length);
        (v4[8], v4[9]) = (hopLimit, protocol);
        source.TryWriteBytes(v4.AsSpan(12), out _);
        destination.TryWriteBytes(v4.AsSpan(16), out _);
        options.CopyTo(v4, V4HeaderLength);
        BinaryPrimitives.WriteUInt16BigEndian(v4.AsSpan(10), Checksum(v4.AsSpan(0, V4HeaderLength + options.Length), 0));
        payload.CopyTo(v4, V4HeaderLength + options.Length);
        return v4;
    }

    /// <summary>A fragment of a packet of <see cref="Ip"/>: an IPv4 packet with the fragment fields, or an IPv6 packet with a fragment header.</summary>
    /// <param name="packet">The whole packet, without options or extension headers.</param>
    /// <param name="offset">Bytes of the payload before this fragment, a multiple of eight.</param>
    /// <param name="length">Bytes of the payload in this fragment.</param>
    /// <param name="id">The same number in all fragments of a packet.</param>
    public static byte[] Fragment(byte[] packet, int offset, int length, ushort id)
    {
        var isV6 = packet[0] >> 4 == 6;
        var header = isV6 ? V6HeaderLength : V4HeaderLength;
        var hasMore = header + offset + length < packet.Length;
        var part = packet.AsSpan(header + offset, Math.Min(length, packet.Length - header - offset));
        if (!isV6)
        {
            byte[] v4 = [.. packet.AsSpan(0, header), .. part];
            BinaryPrimitives.WriteUInt16BigEndian(v4.AsSpan(2), (ushort)v4.Length);
            BinaryPrimitives.WriteUInt16BigEndian(v4.AsSpan(4), id);
            BinaryPrimitives.WriteUInt16BigEndian(v4.AsSpan(6), (ushort)((hasMore ? 0x2000 : 0) | (offset / 8)));
            return v4;
        }
        byte[] v6 = [.. packet.AsSpan(0, header), packet[6], 0, 0, 0, 0, 0, 0, 0, .. part];
        v6[6] = 44;
        BinaryPrimitives.WriteUInt16BigEndian(v6.AsSpan(4), (ushort)(v6.Length - V6HeaderLength));
        BinaryPrimitives.WriteUInt16BigEndian(v6.AsSpan(42), (ushort)((offset / 8 << 3) | (hasMore ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(v6.AsSpan(44), id);
        return v6;
    }

    public static byte[] UdpDatagram(ushort sourcePort, ushort destinationPort, string text)
    {
        byte[] datagram = [0, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        return datagram;
    }

    public static byte[] TcpSegment(ushort sourcePort, ushort destinationPort, byte flags, string text = "")
    {
        byte[] segment = [.. new byte[20], .. Encoding.ASCII.GetBytes(text)];
        BinaryPrimitives.WriteUInt16BigEndian(segment, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), 1000);
        (segment[12], segment[13]) = (5 << 4, flags);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 8192);
        return segment;
    }

    /// <summary>An ICMP or ICMPv6 message: <paramref name="body"/> is bytes 4 and on.</summary>
    /// <param name="v6">ICMPv6.</param>
    /// <param name="type">What kind of message.</param>
    /// <param name="code">Refines the type.</param>
    /// <param name="body">What the type says.</param>
    public static byte[] IcmpMessage(bool v6, byte type, byte code, byte[] body)
    {
        byte[] message = [type, code, 0, 0, .. body];
        if (!v6)
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message, 0));
        return message;
    }

    private static void WriteChecksum(IPAddress source, IPAddress destination, byte protocol, byte[] payload)
    {
        var at = protocol switch { Tcp => 16, Udp => 6, IcmpV6 => 2, _ => -1 };
        if (at < 0 || payload.Length < at + 2)
            return;
        byte[] pseudo = [.. source.GetAddressBytes(), .. destination.GetAddressBytes(), 0, 0, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, protocol];
        uint sum = 0;
        for (var i = 0; i < pseudo.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(pseudo.AsSpan(i));
        payload.AsSpan(at, 2).Clear();
        var checksum = Checksum(payload, sum);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(at), checksum == 0 && protocol == Udp ? (ushort)0xffff : checksum);
    }

    // RFC 1071.
    private static ushort Checksum(ReadOnlySpan<byte> bytes, uint sum)
    {
        for (var i = 0; i < bytes.Length; i += 2)
            sum += (uint)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}

/// <summary>A link of the network namespace, for frames that are sent as they are (linux/if_packet.h, <c>struct sockaddr_ll</c>).</summary>
internal sealed class LinkEndPoint(int link) : EndPoint
{
    private const int Length = 20;
    private const int IndexOffset = 4;

    public override AddressFamily AddressFamily => AddressFamily.Packet;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, Length);
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[IndexOffset..], link);
        else
            BinaryPrimitives.WriteInt32BigEndian(address.Buffer.Span[IndexOffset..], link);
        return address;
    }
}
