using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>nf_tables refused an operation; the whole transaction had no effect. The message names the object, the errno and the kernel's words.</summary>
public sealed class NftablesException : NetlinkException
{
    public NftablesException()
    {
    }

    public NftablesException(string message)
        : base(message)
    {
    }

    public NftablesException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <param name="asked">What was asked, with the object's kind and name: <c>delete chain inet netpol v_1</c>.</param>
    /// <param name="errno">A positive errno.</param>
    /// <param name="ack">What the kernel says besides.</param>
    public NftablesException(string asked, int errno, ExtendedAck ack)
        : base(asked, errno, ack)
    {
    }
}
