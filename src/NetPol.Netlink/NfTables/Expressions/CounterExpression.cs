namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Counts, in the rule itself: a replaced rule starts again (linux/netfilter/nf_tables.h, <c>enum nft_counter_attributes</c>).</summary>
/// <param name="Packets">Packets counted, or to start from.</param>
/// <param name="Bytes">Bytes of those packets.</param>
public sealed record CounterExpression(ulong Packets = 0, ulong Bytes = 0) : NfExpression
{
    internal const string KindName = "counter";

    public override string Kind => KindName;

    internal static CounterExpression ReadBody(AttributeReader attributes)
    {
        var (packets, bytes) = NfCounter.ReadNumbers(attributes);
        return new(packets, bytes);
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        if (Packets != 0 || Bytes != 0)
            NfCounter.WriteNumbers(writer, Packets, Bytes);
    }
}
