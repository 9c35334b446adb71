using System.Buffers.Binary;
using System.Numerics;

namespace NetPol.Lab;

/// <summary>
/// An SCTP packet of one chunk (RFC 9260, section 3), as opening an association needs it. A common header precedes the chunk: source port,
/// destination port, verification tag (network byte order) and CRC32c (little-endian).
/// </summary>
internal readonly ref struct SctpPacket
{
    public const byte Protocol = 132;

    private const byte Init = 1;
    private const byte InitAck = 2;
    private const byte Abort = 6;
    private const ushort StateCookie = 7;
    private const int HeaderLength = 12;
    private const int InitLength = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    private SctpPacket(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    public uint Tag => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    public bool IsInit => _bytes[HeaderLength] == Init && _bytes.Length >= HeaderLength + InitLength;

    public bool IsInitAck => _bytes[HeaderLength] == InitAck && _bytes.Length >= HeaderLength + InitLength;

    public bool IsAbort => _bytes[HeaderLength] == Abort;

    /// <summary>The tag that answers to an INIT or INIT ACK must carry.</summary>
    public uint InitiateTag => BinaryPrimitives.ReadUInt32BigEndian(_bytes[(HeaderLength + 4)..]);

    /// <summary>The state cookie of an INIT ACK; empty when it is not the first parameter.</summary>
    public ReadOnlySpan<byte> Cookie
    {
        get
        {
            var parameters = _bytes[(HeaderLength + InitLength)..];
            if (parameters.Length < 4 || BinaryPrimitives.ReadUInt16BigEndian(parameters) != StateCookie)
                return [];
            var length = BinaryPrimitives.ReadUInt16BigEndian(parameters[2..]);
            return length < 4 || length > parameters.Length ? [] : parameters[4..length];
        }
    }

    /// <summary>Parses a packet from a raw socket; IPv4 sockets include the IP header. Returns false when it is too short for a chunk.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, bool withIPv4Header, out SctpPacket packet)
    {
        packet = default;
        if (withIPv4Header)
        {
            if (received.IsEmpty || received.Length < (received[0] & 0xf) * 4)
                return false;
            received = received[((received[0] & 0xf) * 4)..];
        }

        packet = new SctpPacket(received);
        return received.Length >= HeaderLength + 4;
    }

    public static byte[] MakeInit(ushort sourcePort, ushort destinationPort, uint initiateTag) =>
        Make(sourcePort, destinationPort, 0, Init, InitChunk(initiateTag, []));

    /// <summary>Returns the answer that accepts an INIT. The cookie is opaque to the other end.</summary>
    public static byte[] MakeInitAck(SctpPacket init, ReadOnlySpan<byte> cookie) =>
        Make(init.DestinationPort, init.SourcePort, init.InitiateTag, InitAck, InitChunk(~init.InitiateTag | 1, cookie));

    /// <summary>Returns the answer that refuses an INIT.</summary>
    public static byte[] MakeAbort(SctpPacket init) =>
        Make(init.DestinationPort, init.SourcePort, init.InitiateTag, Abort, []);

    private static byte[] InitChunk(uint initiateTag, ReadOnlySpan<byte> cookie)
    {
        var chunk = new byte[cookie.IsEmpty ? 16 : 16 + 4 + cookie.Length];
        BinaryPrimitives.WriteUInt32BigEndian(chunk, initiateTag);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4), 65536); // receive window
        BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(8), 1); // streams out
        BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(10), 1); // streams in
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(12), initiateTag); // first TSN
        if (!cookie.IsEmpty)
        {
            BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(16), StateCookie);
            BinaryPrimitives.WriteUInt16BigEndian(chunk.AsSpan(18), (ushort)(4 + cookie.Length));
            cookie.CopyTo(chunk.AsSpan(20));
        }

        return chunk;
    }

    private static byte[] Make(ushort sourcePort, ushort destinationPort, uint tag, byte type, ReadOnlySpan<byte> body)
    {
        var length = 4 + body.Length;
        var packet = new byte[HeaderLength + ((length + 3) & ~3)];
        BinaryPrimitives.WriteUInt16BigEndian(packet, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), tag);
        packet[HeaderLength] = type;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(HeaderLength + 2), (ushort)length);
        body.CopyTo(packet.AsSpan(HeaderLength + 4));
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), Checksum(packet));
        return packet;
    }

    // Connection tracking drops packets with a wrong checksum.
    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        var crc = uint.MaxValue;
        foreach (var value in packet)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
