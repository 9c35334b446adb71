namespace NetPol.Netlink;

/// <summary>The kernel refused, or a socket call failed. Its message says what was asked, the errno and the kernel's words.</summary>
public class NetlinkException : Exception
{
    /// <param name="asked">What was asked, as a phrase: <c>add table inet netpol</c>.</param>
    /// <param name="errno">A positive errno.</param>
    /// <param name="ack">What the kernel says besides.</param>
    public NetlinkException(string asked, int errno, ExtendedAck ack)
        : base(Describe(asked, errno, ack)) => (Asked, Errno, Ack) = (asked, errno, ack);

    /// <summary>What was asked.</summary>
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
