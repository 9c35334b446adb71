namespace NetPol.Netlink.NfTables;

/// <summary>Who committed a change (linux/netfilter/nf_tables.h, <c>enum nft_gen_attributes</c>).</summary>
/// <param name="ProcessId">As the first pid namespace counts; null when what the kernel told was lost.</param>
/// <param name="ProcessName">Its first 15 bytes; null when it was lost.</param>
public readonly record struct NfCommit(uint? ProcessId, string? ProcessName)
{
    private const ushort AttributeProcessId = 2;
    private const ushort AttributeProcessName = 3;

    /// <summary>Messages were lost: anyone may have changed anything.</summary>
    public static NfCommit Lost => default;

    /// <summary>For people: <c>nft (process 4711)</c>.</summary>
    public override string ToString() => ProcessId is { } id ? $"{ProcessName} (process {id})" : "somebody";

    /// <exception cref="NetlinkFormatException">The payload is no generation.</exception>
    internal static NfCommit Read(ReadOnlySpan<byte> payload)
    {
        var commit = default(NfCommit);
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            commit = attributes.Type switch
            {
                AttributeProcessId => commit with { ProcessId = attributes.ReadUInt32BigEndian() },
                AttributeProcessName => commit with { ProcessName = attributes.ReadString() },
                _ => commit,
            };
        }
        return commit;
    }
}
