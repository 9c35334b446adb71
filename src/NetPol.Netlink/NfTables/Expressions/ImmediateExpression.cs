namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Puts a constant into a register, or ends with a verdict (linux/netfilter/nf_tables.h, <c>enum nft_immediate_attributes</c>).</summary>
/// <param name="Destination"><see cref="NfRegister.Verdict"/> for a verdict.</param>
/// <param name="Value">The constant; empty for a verdict.</param>
/// <param name="Verdict">The verdict, or null for a constant.</param>
public sealed record ImmediateExpression(NfRegister Destination, NfValue Value, NfVerdict? Verdict) : NfExpression
{
    internal const string KindName = "immediate";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeData = 2;

    /// <summary>Ends the rule with a verdict.</summary>
    public ImmediateExpression(NfVerdict verdict)
        : this(NfRegister.Verdict, default, verdict)
    {
    }

    public override string Kind => KindName;

    internal static ImmediateExpression ReadBody(AttributeReader attributes)
    {
        var read = new ImmediateExpression(default, default, null);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeDestination)
                read = read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeData)
                read = read.WithData(attributes.Nested);
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        if (Verdict is { } verdict)
            NfData.Write(writer, AttributeData, verdict);
        else
            NfData.Write(writer, AttributeData, Value.Span);
    }

    private ImmediateExpression WithData(AttributeReader data)
    {
        var read = this;
        while (data.Next())
        {
            if (data.Type == NfData.AttributeVerdict)
                read = read with { Verdict = NfVerdict.Read(data.Nested) };
            else if (data.Type == NfData.AttributeValue)
                read = read with { Value = new(data.Value) };
        }
        return read;
    }
}
