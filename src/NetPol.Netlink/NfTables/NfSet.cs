namespace NetPol.Netlink.NfTables;

/// <summary>A set or a map (linux/netfilter/nf_tables.h, <c>enum nft_set_attributes</c>).</summary>
/// <param name="Family">Its table's.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Unique in the table.</param>
/// <param name="Flags">What it holds; a map needs <see cref="NfSetFlags.Map"/>.</param>
/// <param name="KeyType">See <see cref="NfDataTypes"/>.</param>
/// <param name="KeyLength">Bytes; of a concatenation with every field padded to four.</param>
public sealed record NfSet(NfFamily Family, string Table, string Name, NfSetFlags Flags, uint KeyType, int KeyLength)
{
    internal const ushort AttributeTable = 1;
    internal const ushort AttributeName = 2;
    private const ushort AttributeFlags = 3;
    private const ushort AttributeKeyType = 4;
    private const ushort AttributeKeyLength = 5;
    private const ushort AttributeDataType = 6;
    private const ushort AttributeDataLength = 7;
    private const ushort AttributeDescription = 9;
    private const ushort AttributeId = 10;
    private const ushort AttributeUserData = 13;
    private const ushort AttributeHandle = 16;
    private const ushort AttributeExpression = 17;
    private const ushort AttributeExpressions = 18;

    /// <summary>Of a map: what it gives, <see cref="NfDataTypes.Verdict"/> or a type of values.</summary>
    public uint DataType { get; init; }

    /// <summary>Of a map of values: their bytes.</summary>
    public int DataLength { get; init; }

    /// <summary>The most elements it can take, or 0 for no limit.</summary>
    public uint Size { get; init; }

    /// <summary>With <see cref="NfSetFlags.Concat"/>: one byte a field, its length before padding.</summary>
    public NfValue FieldLengths { get; init; }

    /// <summary>Whether elements are made with expressions, such as a limit, that run when they are found. Not written.</summary>
    public bool HasExpressions { get; init; }

    /// <summary>For nft to print.</summary>
    public NfByteOrder KeyByteOrder { get; init; }

    /// <summary>For nft to print.</summary>
    public NfByteOrder DataByteOrder { get; init; }

    public string? Comment { get; init; }

    /// <summary>The kernel's number for it, 0 before it is in the kernel.</summary>
    public ulong Handle { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no set.</exception>
    public static NfSet Read(ReadOnlySpan<byte> payload)
    {
        var set = new NfSet((NfFamily)NfGenMessage.ReadFamily(payload), "", "", NfSetFlags.None, 0, 0);
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
            set = set.With(attributes);
        // Of a map of verdicts the kernel tells the size of its own structure.
        return set.DataType == NfDataTypes.Verdict ? set with { DataLength = 0 } : set;
    }

    internal static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
    }

    internal void Write(MessageWriter writer, uint id)
    {
        WriteName(writer, Table, Name);
        writer.WriteUInt32BigEndian(AttributeFlags, (uint)Flags);
        writer.WriteUInt32BigEndian(AttributeKeyType, KeyType);
        writer.WriteInt32BigEndian(AttributeKeyLength, KeyLength);
        if (Flags.HasFlag(NfSetFlags.Map))
        {
            writer.WriteUInt32BigEndian(AttributeDataType, DataType);
            writer.WriteInt32BigEndian(AttributeDataLength, DataLength);
        }
        writer.WriteUInt32BigEndian(AttributeId, id);
        NfSetDescription.Write(writer, AttributeDescription, Size, FieldLengths.Span);
        WriteUserData(writer);
    }

    private void WriteUserData(MessageWriter writer)
    {
        Span<byte> notes = stackalloc byte[256];
        var length = NfUserData.PutUInt32(notes, 0, NfUserData.SetKeyByteOrder, (uint)KeyByteOrder);
        if (Flags.HasFlag(NfSetFlags.Map))
        {
            length = NfUserData.PutUInt32(notes, length, NfUserData.SetDataByteOrder, (uint)DataByteOrder);
            length = NfUserData.PutUInt32(notes, length, NfUserData.SetDataInterval, 0);
        }
        if (Comment is not null)
            length = NfUserData.PutString(notes, length, NfUserData.SetComment, Comment);
        writer.Write(AttributeUserData, notes[..length]);
    }

    private NfSet With(scoped AttributeReader attribute) => attribute.Type switch
    {
        AttributeTable => this with { Table = attribute.ReadString() },
        AttributeName => this with { Name = attribute.ReadString() },
        AttributeFlags => this with { Flags = (NfSetFlags)attribute.ReadUInt32BigEndian() },
        AttributeKeyType => this with { KeyType = attribute.ReadUInt32BigEndian() },
        AttributeKeyLength => this with { KeyLength = attribute.ReadInt32BigEndian() },
        AttributeDataType => this with { DataType = attribute.ReadUInt32BigEndian() },
        AttributeDataLength => this with { DataLength = attribute.ReadInt32BigEndian() },
        AttributeHandle => this with { Handle = attribute.ReadUInt64BigEndian() },
        AttributeDescription => WithDescription(attribute.Nested),
        AttributeExpression or AttributeExpressions => this with { HasExpressions = true },
        AttributeUserData => this with
        {
            KeyByteOrder = (NfByteOrder)NfUserData.ReadUInt32(attribute.Value, NfUserData.SetKeyByteOrder),
            DataByteOrder = (NfByteOrder)NfUserData.ReadUInt32(attribute.Value, NfUserData.SetDataByteOrder),
            Comment = NfUserData.ReadString(attribute.Value, NfUserData.SetComment),
        },
        _ => this,
    };

    private NfSet WithDescription(AttributeReader attributes)
    {
        var (size, fields) = NfSetDescription.Read(attributes);
        return this with { Size = size, FieldLengths = fields };
    }
}
