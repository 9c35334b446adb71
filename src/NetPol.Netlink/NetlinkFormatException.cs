namespace NetPol.Netlink;

/// <summary>Bytes that are no netlink message: cut off, or with lengths that contradict each other. Says what was being read.</summary>
public sealed class NetlinkFormatException : Exception
{
    public NetlinkFormatException()
    {
    }

    public NetlinkFormatException(string message)
        : base(message)
    {
    }

    public NetlinkFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
