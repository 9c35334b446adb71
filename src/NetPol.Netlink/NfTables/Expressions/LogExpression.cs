namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Logs the packet (linux/netfilter/nf_tables.h, <c>enum nft_log_attributes</c>).</summary>
/// <param name="Prefix">What stands before it, at most 127 bytes; empty for nothing.</param>
/// <param name="Group">The nfnetlink_log group that gets it; null sends it to the kernel's own log.</param>
/// <param name="SnapLength">With a group: bytes of the packet to copy, 0 for all.</param>
/// <param name="QueueThreshold">With a group: packets to gather before sending, 0 for each at once.</param>
public sealed record LogExpression(string Prefix, ushort? Group = null, uint SnapLength = 0, ushort QueueThreshold = 0) : NfExpression
{
    internal const string KindName = "log";
    private const ushort AttributeGroup = 1;
    private const ushort AttributePrefix = 2;
    private const ushort AttributeSnapLength = 3;
    private const ushort AttributeQueueThreshold = 4;
    private const ushort AttributeLevel = 5;

    /// <summary>Without a group: the kernel log's level, 4 is warning; null leaves it to the kernel.</summary>
    public uint? Level { get; init; }

    public override string Kind => KindName;

    internal static LogExpression ReadBody(AttributeReader attributes)
    {
        var read = new LogExpression("");
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributePrefix => read with { Prefix = attributes.ReadString() },
                AttributeGroup => read with { Group = attributes.ReadUInt16BigEndian() },
                AttributeSnapLength => read with { SnapLength = attributes.ReadUInt32BigEndian() },
                AttributeQueueThreshold => read with { QueueThreshold = attributes.ReadUInt16BigEndian() },
                AttributeLevel => read with { Level = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        if (Prefix.Length != 0)
            writer.WriteString(AttributePrefix, Prefix);
        if (Group is { } group)
            writer.WriteUInt16BigEndian(AttributeGroup, group);
        if (SnapLength != 0)
            writer.WriteUInt32BigEndian(AttributeSnapLength, SnapLength);
        if (QueueThreshold != 0)
            writer.WriteUInt16BigEndian(AttributeQueueThreshold, QueueThreshold);
        if (Level is { } level)
            writer.WriteUInt32BigEndian(AttributeLevel, level);
    }
}
