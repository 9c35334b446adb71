namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Swaps bytes between host and network order (linux/netfilter/nf_tables.h, <c>enum nft_byteorder_attributes</c>).</summary>
/// <param name="Source">What is read.</param>
/// <param name="Destination">What is written.</param>
/// <param name="ToNetwork">From host to network order; otherwise the other way.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="Size">Bytes of one number: 2, 4 or 8.</param>
public sealed record ByteOrderExpression(NfRegister Source, NfRegister Destination, bool ToNetwork, uint Length, uint Size) : NfExpression
{
    internal const string KindName = "byteorder";
    private const ushort AttributeSource = 1;
    private const ushort AttributeDestination = 2;
    private const ushort AttributeOperation = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeSize = 5;

    public override string Kind => KindName;

    internal static ByteOrderExpression ReadBody(AttributeReader attributes)
    {
        var read = new ByteOrderExpression(default, default, false, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeOperation => read with { ToNetwork = attributes.ReadUInt32BigEndian() == 1 },
                AttributeLength => read with { Length = attributes.ReadUInt32BigEndian() },
                AttributeSize => read with { Size = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteUInt32BigEndian(AttributeOperation, ToNetwork ? 1u : 0u);
        writer.WriteUInt32BigEndian(AttributeLength, Length);
        writer.WriteUInt32BigEndian(AttributeSize, Size);
    }
}
