namespace NetPol.Netlink.NfTables;

/// <summary>Data is a value or a verdict (linux/netfilter/nf_tables.h, <c>enum nft_data_attributes</c>).</summary>
internal static class NfData
{
    public const ushort AttributeValue = 1;
    public const ushort AttributeVerdict = 2;

    public static void Write(MessageWriter writer, ushort type, ReadOnlySpan<byte> value)
    {
        var nest = writer.BeginNested(type);
        writer.Write(AttributeValue, value);
        writer.EndNested(nest);
    }

    public static void Write(MessageWriter writer, ushort type, NfVerdict verdict)
    {
        var nest = writer.BeginNested(type);
        verdict.Write(writer, AttributeVerdict);
        writer.EndNested(nest);
    }

    /// <summary>The value in a nest; empty when the nest holds none.</summary>
    public static ReadOnlySpan<byte> ReadValue(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            if (attributes.Type == AttributeValue)
                return attributes.Value;
        }
        return [];
    }
}
