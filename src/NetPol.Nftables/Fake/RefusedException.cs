namespace NetPol.Nftables.Fake;

/// <summary>An operation breaks a rule of the kernel's; becomes an <see cref="NftablesException"/> where the operation is known.</summary>
internal sealed class RefusedException(int errno) : Exception
{
    public int Errno { get; } = errno;
}
