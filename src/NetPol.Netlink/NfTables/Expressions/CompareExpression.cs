namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Ends the rule unless a register compares to a constant, byte by byte (linux/netfilter/nf_tables.h, <c>enum nft_cmp_attributes</c>).</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Operator">How.</param>
/// <param name="Value">With what; its length is how much is compared.</param>
public sealed record CompareExpression(NfRegister Source, CompareOperator Operator, NfValue Value) : NfExpression
{
    internal const string KindName = "cmp";
    private const ushort AttributeSource = 1;
    private const ushort AttributeOperator = 2;
    private const ushort AttributeData = 3;

    public override string Kind => KindName;

    internal static CompareExpression ReadBody(AttributeReader attributes)
    {
        var read = new CompareExpression(default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeOperator => read with { Operator = (CompareOperator)attributes.ReadUInt32BigEndian() },
                AttributeData => read with { Value = new(NfData.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeOperator, (uint)Operator);
        NfData.Write(writer, AttributeData, Value.Span);
    }
}
