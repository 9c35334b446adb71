namespace NetPol.Netlink.NfTables;

/// <summary>Why the kernel refused one operation of a batch.</summary>
/// <param name="Operation">The operation's index, or null when the batch as a whole was refused.</param>
/// <param name="Asked">The operation in words.</param>
/// <param name="Errno">A positive errno.</param>
/// <param name="Ack">What the kernel says besides.</param>
public sealed record NfBatchError(int? Operation, string Asked, int Errno, ExtendedAck Ack)
{
    public override string ToString() => NetlinkException.Describe(Asked, Errno, Ack);
}
