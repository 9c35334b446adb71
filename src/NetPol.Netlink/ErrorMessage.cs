using System.Runtime.InteropServices;

namespace NetPol.Netlink;

/// <summary>
/// The payload of <see cref="MessageTypes.Error"/> (linux/netlink.h, <c>struct nlmsgerr</c>): an errno, the header of the
/// request that it answers, and perhaps the request's payload and attributes.
/// </summary>
/// <param name="Errno">A positive errno; 0 is an acknowledgement.</param>
/// <param name="Sequence">The sequence number of the request.</param>
/// <param name="Ack">What the kernel says besides.</param>
public sealed record ErrorMessage(int Errno, uint Sequence, ExtendedAck Ack)
{
    /// <exception cref="NetlinkFormatException">The payload is cut off or its lengths contradict each other.</exception>
    public static ErrorMessage Read(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 4)
            throw new NetlinkFormatException($"an error message needs 4 bytes of errno, {payload.Length} are left");
        var errno = ReadErrno(payload);
        var request = MessageHeader.Read(payload[4..]);
        var rest = payload[(4 + MessageHeader.Size)..];
        if (!header.Flags.HasFlag(MessageFlags.AckAttributes))
            return new(errno, request.Sequence, ExtendedAck.None);
        if (!header.Flags.HasFlag(MessageFlags.Capped))
        {
            var quoted = MessageWriter.Align((long)request.Length) - MessageHeader.Size;
            if (quoted < 0 || quoted > rest.Length)
                throw new NetlinkFormatException($"an error message quotes {quoted} bytes, {rest.Length} are left");
            rest = rest[(int)quoted..];
        }
        return new(errno, request.Sequence, ExtendedAck.Read(new AttributeReader(rest)));
    }

    /// <summary>The positive errno in the first four bytes, which hold it negated.</summary>
    internal static int ReadErrno(ReadOnlySpan<byte> payload)
    {
        var negated = MemoryMarshal.Read<int>(payload);
        if (negated is > 0 or int.MinValue)
            throw new NetlinkFormatException($"{negated} is no errno");
        return -negated;
    }
}
