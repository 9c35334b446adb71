namespace NetPol.Netlink.NfTables;

/// <summary>A table (linux/netfilter/nf_tables.h, <c>enum nft_table_attributes</c>).</summary>
/// <param name="Family">The family that it sees.</param>
/// <param name="Name">Unique in the family.</param>
public sealed record NfTable(NfFamily Family, string Name)
{
    internal const ushort AttributeName = 1;
    internal const ushort AttributeFlags = 2;
    internal const ushort AttributeHandle = 4;
    internal const ushort AttributeUserData = 6;

    private const uint DormantFlag = 1;

    /// <summary>NFT_TABLE_F_*: 1 is dormant, 2 owned by one program.</summary>
    public uint Flags { get; init; }

    /// <summary>Whether its base chains are out of the packets' way.</summary>
    public bool IsDormant => (Flags & DormantFlag) != 0;

    public string? Comment { get; init; }

    /// <summary>The kernel's number for it, 0 before it is in the kernel.</summary>
    public ulong Handle { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no table.</exception>
    public static NfTable Read(ReadOnlySpan<byte> payload)
    {
        var table = new NfTable((NfFamily)NfGenMessage.ReadFamily(payload), "");
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            table = attributes.Type switch
            {
                AttributeName => table with { Name = attributes.ReadString() },
                AttributeFlags => table with { Flags = attributes.ReadUInt32BigEndian() },
                AttributeHandle => table with { Handle = attributes.ReadUInt64BigEndian() },
                AttributeUserData => table with { Comment = NfUserData.ReadString(attributes.Value) },
                _ => table,
            };
        }
        return table;
    }

    internal void Write(MessageWriter writer)
    {
        writer.WriteString(AttributeName, Name);
        writer.WriteUInt32BigEndian(AttributeFlags, Flags);
        NfUserData.WriteComment(writer, AttributeUserData, Comment);
    }
}
