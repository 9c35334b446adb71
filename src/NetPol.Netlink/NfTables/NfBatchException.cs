namespace NetPol.Netlink.NfTables;

/// <summary>A batch was refused, and nothing of it is in the kernel. The message tells the first error and how many more there are.</summary>
public sealed class NfBatchException : NetlinkException
{
    /// <param name="errors">At least one, in the order in which the kernel met them.</param>
    public NfBatchException(IReadOnlyList<NfBatchError> errors)
        : base(errors.Count == 1 ? errors[0].Asked : $"{errors.Count} operations were refused; the first: {errors[0].Asked}", errors[0].Errno, errors[0].Ack) =>
        Errors = errors;

    /// <summary>Every operation that was refused.</summary>
    public IReadOnlyList<NfBatchError> Errors { get; } = [];

    /// <summary>Someone changed nf_tables since the generation that the batch was made for: read again, and make it anew.</summary>
    public bool IsGenerationChanged => Errno == NetlinkErrno.Restart;
}
