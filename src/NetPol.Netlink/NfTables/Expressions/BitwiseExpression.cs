namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>
/// <c>destination = (source &amp; mask) ^ xor</c> (linux/netfilter/nf_tables.h, <c>enum nft_bitwise_attributes</c>, NFT_BITWISE_MASK_XOR, which is what no operation means).
/// </summary>
/// <param name="Source">What is read.</param>
/// <param name="Destination">What is written.</param>
/// <param name="Mask">As long as the value.</param>
/// <param name="Xor">As long as <paramref name="Mask"/>.</param>
public sealed record BitwiseExpression(NfRegister Source, NfRegister Destination, NfValue Mask, NfValue Xor) : NfExpression
{
    internal const string KindName = "bitwise";
    private const ushort AttributeSource = 1;
    private const ushort AttributeDestination = 2;
    private const ushort AttributeLength = 3;
    private const ushort AttributeMask = 4;
    private const ushort AttributeXor = 5;

    public override string Kind => KindName;

    /// <summary>Not a shift, nor an operation of two registers.</summary>
    internal static bool IsMask(AttributeReader attributes) => Has(attributes, AttributeMask);

    internal static BitwiseExpression ReadBody(AttributeReader attributes)
    {
        var read = new BitwiseExpression(default, default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeMask => read with { Mask = new(NfData.ReadValue(attributes.Nested)) },
                AttributeXor => read with { Xor = new(NfData.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteInt32BigEndian(AttributeLength, Mask.Length);
        NfData.Write(writer, AttributeMask, Mask.Span);
        NfData.Write(writer, AttributeXor, Xor.Span);
    }
}
