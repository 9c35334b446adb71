using System.Runtime.InteropServices;

namespace NetPol.Netlink;

/// <summary>Walks the messages of one datagram. Trusts nothing: a wrong length ends in <see cref="NetlinkFormatException"/>.</summary>
public ref struct MessageReader
{
    private ReadOnlySpan<byte> _rest;

    /// <param name="datagram">As received; an empty one holds no message.</param>
    public MessageReader(ReadOnlySpan<byte> datagram) => _rest = datagram;

    public MessageHeader Header { get; private set; }

    /// <summary>The bytes after the header, padding excluded.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Advances to the next message; returns false at the end.</summary>
    /// <exception cref="NetlinkFormatException">The message is shorter than its header or longer than the datagram.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var header = MessageHeader.Read(_rest);
        if (header.Length < MessageHeader.Size || header.Length > _rest.Length)
            throw new NetlinkFormatException($"a message says it has {header.Length} bytes, {_rest.Length} are left");
        Header = header;
        Payload = _rest[MessageHeader.Size..(int)header.Length];
        _rest = _rest[Math.Min(MessageWriter.Align((int)header.Length), _rest.Length)..];
        return true;
    }
}

/// <summary>
/// The flags of a message header (linux/netlink.h, <c>NLM_F_*</c>). One bit means different things in a request
/// to get, a request to make, a request to delete, and an answer, so some names share a value.
/// </summary>
[Flags]
public enum MessageFlags : ushort
{
    None = 0,
    Request = 0x01,

    /// <summary>The answer has further messages and ends with <see cref="MessageTypes.Done"/>.</summary>
    Multi = 0x02,

    /// <summary>Answer with an error message also when nothing is wrong.</summary>
    Ack = 0x04,

    Echo = 0x08,

    /// <summary>The listed objects changed during the dump.</summary>
    DumpInterrupted = 0x10,

    Root = 0x100,
    Match = 0x200,

    /// <summary>List all.</summary>
    Dump = Root | Match,

    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,
    Append = 0x800,

    /// <summary>Of a request to delete: not the children.</summary>
    NonRecursive = 0x100,

    /// <summary>Of an answer: the request is quoted without its payload (NETLINK_CAP_ACK).</summary>
    Capped = 0x100,

    /// <summary>Of an answer: attributes follow the quoted request (NETLINK_EXT_ACK).</summary>
    AckAttributes = 0x200,
}

/// <summary>Takes one message of an answer. The payload is valid only during the call.</summary>
public delegate void MessageHandler(in MessageHeader header, ReadOnlySpan<byte> payload);

/// <summary>The 16 bytes before every message, in host byte order (linux/netlink.h, <c>struct nlmsghdr</c>).</summary>
/// <param name="Length">Bytes of the message, header included, padding excluded.</param>
/// <param name="Type">What the message is; the meaning belongs to the family.</param>
/// <param name="Flags">See <see cref="MessageFlags"/>.</param>
/// <param name="Sequence">Chosen by the requester and repeated in every answer.</param>
/// <param name="PortId">The socket that sent it, 0 for the kernel.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageHeader(uint Length, ushort Type, MessageFlags Flags, uint Sequence, uint PortId)
{
    /// <summary>Bytes of a header on the wire.</summary>
    public const int Size = 16;

    /// <summary>Reads the first 16 bytes of <paramref name="bytes"/>; nothing about the length is checked here.</summary>
    /// <exception cref="NetlinkFormatException">Fewer than 16 bytes.</exception>
    public static MessageHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size)
            throw new NetlinkFormatException($"a message header needs {Size} bytes, {bytes.Length} are left");
        return new(
            MemoryMarshal.Read<uint>(bytes),
            MemoryMarshal.Read<ushort>(bytes[4..]),
            (MessageFlags)MemoryMarshal.Read<ushort>(bytes[6..]),
            MemoryMarshal.Read<uint>(bytes[8..]),
            MemoryMarshal.Read<uint>(bytes[12..]));
    }
}

/// <summary>The message types that every netlink family shares (linux/netlink.h, <c>NLMSG_*</c>).</summary>
public static class MessageTypes
{
    public const ushort Noop = 1;

    /// <summary>An error, or with errno zero an acknowledgement.</summary>
    public const ushort Error = 2;

    /// <summary>The end of a listing.</summary>
    public const ushort Done = 3;

    /// <summary>Messages were lost.</summary>
    public const ushort Overrun = 4;

    /// <summary>The first type that belongs to a family.</summary>
    public const ushort FirstOfFamily = 16;
}
