using System.Runtime.InteropServices;

namespace NetPol.Netlink;

/// <summary>The kernel refused, or a socket call failed. Its message says what was asked, the errno and the kernel's words.</summary>
public class NetlinkException : Exception
{
    /// <param name="asked">What was asked, as a phrase: <c>add table inet netpol</c>.</param>
    /// <param name="errno">A positive errno.</param>
    /// <param name="ack">What the kernel says besides.</param>
    public NetlinkException(string asked, int errno, ExtendedAck ack)
        : base(Describe(asked, errno, ack)) => (Asked, Errno, Ack) = (asked, errno, ack);

    /// <summary>The request, in words.</summary>
    public string Asked { get; }

    /// <summary>A positive errno.</summary>
    public int Errno { get; }

    /// <summary>The name of the errno, for example <c>ENOENT</c>.</summary>
    public string ErrnoName => NetlinkErrno.Name(Errno);

    public ExtendedAck Ack { get; }

    /// <summary><c>asked: ENOENT: the kernel's words (at byte 28 of the message)</c>.</summary>
    internal static string Describe(string asked, int errno, ExtendedAck ack)
    {
        var text = $"{asked}: {NetlinkErrno.Name(errno)}";
        if (ack.Message is not null)
            text += $": {ack.Message}";
        if (ack.Offset is not null)
            text += $" (at byte {ack.Offset} of the message)";
        if (ack.MissingType is not null)
            text += $" (attribute {ack.MissingType} is missing)";
        return text;
    }
}

/// <summary>
/// The payload of <see cref="MessageTypes.Error"/> (linux/netlink.h, <c>struct nlmsgerr</c>): an errno, the header of the
/// request that it answers, and perhaps the request's payload and attributes.
/// </summary>
/// <param name="Errno">A positive errno; 0 is an acknowledgement.</param>
/// <param name="Sequence">The sequence number of the request.</param>
/// <param name="Ack">What the kernel says besides.</param>
public sealed record ErrorMessage(int Errno, uint Sequence, ExtendedAck Ack)
{
    /// <exception cref="NetlinkFormatException">The payload is truncated or its lengths contradict each other.</exception>
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

/// <summary>Details of the kernel about an error, besides the errno (linux/netlink.h, <c>enum nlmsgerr_attrs</c>).</summary>
/// <param name="Message">The kernel's own words, or null.</param>
/// <param name="Offset">Bytes from the start of the refused message to the attribute that is wrong, or null.</param>
/// <param name="MissingType">The type of an attribute that was missing, or null.</param>
public sealed record ExtendedAck(string? Message, uint? Offset, uint? MissingType)
{
    private const ushort AttributeMessage = 1;
    private const ushort AttributeOffset = 2;
    private const ushort AttributeMissingType = 5;

    /// <summary>The kernel sent no details.</summary>
    public static ExtendedAck None { get; } = new(null, null, null);

    internal static ExtendedAck Read(AttributeReader attributes)
    {
        string? message = null;
        uint? offset = null;
        uint? missing = null;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeMessage:
                    message = attributes.ReadString();
                    break;
                case AttributeOffset:
                    offset = attributes.ReadUInt32();
                    break;
                case AttributeMissingType:
                    missing = attributes.ReadUInt32();
                    break;
            }
        }
        return message is null && offset is null && missing is null ? None : new(message, offset, missing);
    }
}

/// <summary>The errno values that netlink answers with, by name (asm-generic/errno-base.h, errno.h).</summary>
public static class NetlinkErrno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int Invalid = 22;

    /// <summary>ENFILE: of nf_tables, a set would have more elements than its size.</summary>
    public const int TooManyElements = 23;

    public const int Restart = 85;
    public const int NotSupported = 95;
    public const int AddressInUse = 98;
    public const int NetworkUnreachable = 101;
    public const int NoBuffers = 105;
    public const int TimedOut = 110;

    private static readonly string[] Names =
    [
        "no error", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM", "EACCES",
        "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY",
        "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY",
        "ELOOP",
    ];

    private static readonly Dictionary<int, string> LaterNames = new()
    {
        [61] = "ENODATA",
        [71] = "EPROTO",
        [74] = "EBADMSG",
        [75] = "EOVERFLOW",
        [Restart] = "ERESTART",
        [88] = "ENOTSOCK",
        [90] = "EMSGSIZE",
        [92] = "ENOPROTOOPT",
        [93] = "EPROTONOSUPPORT",
        [NotSupported] = "EOPNOTSUPP",
        [97] = "EAFNOSUPPORT",
        [AddressInUse] = "EADDRINUSE",
        [99] = "EADDRNOTAVAIL",
        [100] = "ENETDOWN",
        [NetworkUnreachable] = "ENETUNREACH",
        [104] = "ECONNRESET",
        [NoBuffers] = "ENOBUFS",
        [TimedOut] = "ETIMEDOUT",
        [111] = "ECONNREFUSED",
        [113] = "EHOSTUNREACH",
        [114] = "EALREADY",
    };

    /// <summary>For example <c>ENOENT</c>; a number without a name here is <c>errno 133</c>.</summary>
    public static string Name(int errno) =>
        errno >= 0 && errno < Names.Length ? Names[errno] : LaterNames.GetValueOrDefault(errno) ?? $"errno {errno}";
}

/// <summary>Bytes that are no netlink message: truncated, or with lengths that contradict each other.</summary>
/// <param name="message">What was being read and what is wrong with it.</param>
public sealed class NetlinkFormatException(string message) : Exception(message);
