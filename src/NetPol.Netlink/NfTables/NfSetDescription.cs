namespace NetPol.Netlink.NfTables;

/// <summary>A set's size and the fields of its key (linux/netfilter/nf_tables.h, <c>enum nft_set_desc_attributes</c>).</summary>
internal static class NfSetDescription
{
    private const ushort AttributeSize = 1;
    private const ushort AttributeConcat = 2;
    private const ushort AttributeListElement = 1;
    private const ushort AttributeFieldLength = 1;

    /// <summary>Writes nothing when there is no size and no field.</summary>
    public static void Write(MessageWriter writer, ushort type, uint size, ReadOnlySpan<byte> fieldLengths)
    {
        if (size == 0 && fieldLengths.IsEmpty)
            return;
        var description = writer.BeginNested(type);
        if (size != 0)
            writer.WriteUInt32BigEndian(AttributeSize, size);
        if (!fieldLengths.IsEmpty)
        {
            var fields = writer.BeginNested(AttributeConcat);
            foreach (var length in fieldLengths)
            {
                var field = writer.BeginNested(AttributeListElement);
                writer.WriteUInt32BigEndian(AttributeFieldLength, length);
                writer.EndNested(field);
            }
            writer.EndNested(fields);
        }
        writer.EndNested(description);
    }

    public static (uint Size, NfValue FieldLengths) Read(AttributeReader attributes)
    {
        uint size = 0;
        NfValue fields = default;
        while (attributes.Next())
        {
            if (attributes.Type == AttributeSize)
                size = attributes.ReadUInt32BigEndian();
            else if (attributes.Type == AttributeConcat)
                fields = ReadFields(attributes.Nested);
        }
        return (size, fields);
    }

    private static NfValue ReadFields(AttributeReader fields)
    {
        var lengths = new List<byte>();
        while (fields.Next())
        {
            var field = fields.Nested;
            while (field.Next())
            {
                if (field.Type == AttributeFieldLength)
                    lengths.Add((byte)Math.Min(field.ReadUInt32BigEndian(), byte.MaxValue));
            }
        }
        return new([.. lengths]);
    }
}
