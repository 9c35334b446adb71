namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Ends the rule unless a register lies in a range, ends included (linux/netfilter/nf_tables.h, <c>enum nft_range_attributes</c>).</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Inverted">Matches what lies outside.</param>
/// <param name="First">The lowest value.</param>
/// <param name="Last">The highest value.</param>
public sealed record RangeExpression(NfRegister Source, bool Inverted, NfValue First, NfValue Last) : NfExpression
{
    internal const string KindName = "range";
    private const ushort AttributeSource = 1;
    private const ushort AttributeOperator = 2;
    private const ushort AttributeFirst = 3;
    private const ushort AttributeLast = 4;

    public override string Kind => KindName;

    internal static RangeExpression ReadBody(AttributeReader attributes)
    {
        var read = new RangeExpression(default, false, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeOperator => read with { Inverted = attributes.ReadUInt32BigEndian() == (uint)CompareOperator.NotEqual },
                AttributeFirst => read with { First = new(NfData.ReadValue(attributes.Nested)) },
                AttributeLast => read with { Last = new(NfData.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeOperator, (uint)(Inverted ? CompareOperator.NotEqual : CompareOperator.Equal));
        NfData.Write(writer, AttributeFirst, First.Span);
        NfData.Write(writer, AttributeLast, Last.Span);
    }
}
