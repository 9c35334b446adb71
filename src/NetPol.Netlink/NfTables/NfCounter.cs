namespace NetPol.Netlink.NfTables;

/// <summary>A named counter (linux/netfilter/nf_tables.h, <c>enum nft_object_attributes</c>, <c>enum nft_counter_attributes</c>).</summary>
/// <param name="Family">Its table's.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Unique among the counters of the table.</param>
/// <param name="Packets">Packets counted, or to start from.</param>
/// <param name="Bytes">Bytes of those packets, from the network header on.</param>
public sealed record NfCounter(NfFamily Family, string Table, string Name, ulong Packets = 0, ulong Bytes = 0)
{
    /// <summary>NFT_OBJECT_COUNTER.</summary>
    internal const uint ObjectType = 1;

    internal const ushort AttributeTable = 1;
    internal const ushort AttributeType = 3;
    private const ushort AttributeName = 2;
    private const ushort AttributeData = 4;
    private const ushort AttributeHandle = 6;
    private const ushort AttributeUserData = 8;
    private const ushort AttributeBytes = 1;
    private const ushort AttributePackets = 2;

    public string? Comment { get; init; }

    /// <summary>What its owner notes beside the comment, for programs; nft keeps it and does not show it. Null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>The kernel's number for it, 0 before it is in the kernel.</summary>
    public ulong Handle { get; init; }

    /// <summary>Null when the payload is an object of another kind.</summary>
    /// <exception cref="NetlinkFormatException">The payload is no object.</exception>
    public static NfCounter? Read(ReadOnlySpan<byte> payload)
    {
        var counter = new NfCounter((NfFamily)NfGenMessage.ReadFamily(payload), "", "");
        uint type = 0;
        ReadOnlySpan<byte> data = [];
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeType:
                    type = attributes.ReadUInt32BigEndian();
                    break;
                case AttributeData:
                    data = attributes.Value;
                    break;
                default:
                    counter = counter.With(attributes);
                    break;
            }
        }
        if (type != ObjectType)
            return null;
        var (packets, bytes) = ReadNumbers(new AttributeReader(data));
        return counter with { Packets = packets, Bytes = bytes };
    }

    internal static (ulong Packets, ulong Bytes) ReadNumbers(AttributeReader attributes)
    {
        ulong packets = 0, bytes = 0;
        while (attributes.Next())
        {
            if (attributes.Type == AttributePackets)
                packets = attributes.ReadUInt64BigEndian();
            else if (attributes.Type == AttributeBytes)
                bytes = attributes.ReadUInt64BigEndian();
        }
        return (packets, bytes);
    }

    internal static void WriteNumbers(MessageWriter writer, ulong packets, ulong bytes)
    {
        writer.WriteUInt64BigEndian(AttributeBytes, bytes);
        writer.WriteUInt64BigEndian(AttributePackets, packets);
    }

    internal static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
        writer.WriteUInt32BigEndian(AttributeType, ObjectType);
    }

    internal void Write(MessageWriter writer)
    {
        WriteName(writer, Table, Name);
        NfUserData.WriteNotes(writer, AttributeUserData, (NfUserData.Comment, Comment), (NfUserData.ObjectTag, Tag));
        var data = writer.BeginNested(AttributeData);
        WriteNumbers(writer, Packets, Bytes);
        writer.EndNested(data);
    }

    private NfCounter With(scoped AttributeReader attribute) => attribute.Type switch
    {
        AttributeTable => this with { Table = attribute.ReadString() },
        AttributeName => this with { Name = attribute.ReadString() },
        AttributeHandle => this with { Handle = attribute.ReadUInt64BigEndian() },
        AttributeUserData => this with { Comment = NfUserData.ReadString(attribute.Value), Tag = NfUserData.ReadString(attribute.Value, NfUserData.ObjectTag) },
        _ => this,
    };
}
