namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Loads what the kernel knows of the packet (linux/netfilter/nf_tables.h, <c>enum nft_meta_attributes</c>).</summary>
/// <param name="Destination">Where it goes.</param>
/// <param name="Key">What is loaded.</param>
public sealed record MetaExpression(NfRegister Destination, MetaKey Key) : NfExpression
{
    internal const string KindName = "meta";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeKey = 2;
    private const ushort AttributeSource = 3;

    public override string Kind => KindName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static MetaExpression ReadBody(AttributeReader attributes)
    {
        var read = new MetaExpression(default, default);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeDestination)
                read = read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeKey)
                read = read with { Key = (MetaKey)attributes.ReadUInt32BigEndian() };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeKey, (uint)Key);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
    }
}
