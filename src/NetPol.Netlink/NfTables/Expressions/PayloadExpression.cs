namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Loads bytes of the packet (linux/netfilter/nf_tables.h, <c>enum nft_payload_attributes</c>).</summary>
/// <param name="Destination">Where they go.</param>
/// <param name="Base">Where <paramref name="Offset"/> counts from.</param>
/// <param name="Offset">Bytes.</param>
/// <param name="Length">Bytes.</param>
public sealed record PayloadExpression(NfRegister Destination, PayloadBase Base, uint Offset, uint Length) : NfExpression
{
    internal const string KindName = "payload";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeBase = 2;
    private const ushort AttributeOffset = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeSource = 5;

    public override string Kind => KindName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static PayloadExpression ReadBody(AttributeReader attributes)
    {
        var read = new PayloadExpression(default, default, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeBase => read with { Base = (PayloadBase)attributes.ReadUInt32BigEndian() },
                AttributeOffset => read with { Offset = attributes.ReadUInt32BigEndian() },
                AttributeLength => read with { Length = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteUInt32BigEndian(AttributeBase, (uint)Base);
        writer.WriteUInt32BigEndian(AttributeOffset, Offset);
        writer.WriteUInt32BigEndian(AttributeLength, Length);
    }
}
