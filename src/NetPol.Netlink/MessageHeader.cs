using System.Runtime.InteropServices;

namespace NetPol.Netlink;

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
