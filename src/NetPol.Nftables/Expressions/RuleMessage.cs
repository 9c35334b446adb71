using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>A rule as messages carry it (linux/netfilter/nf_tables.h, <c>enum nft_rule_attributes</c>).</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Expressions">In the order in which they run; the first that does not match ends the rule.</param>
/// <param name="Comment">For people; null for none.</param>
internal sealed record RuleMessage(string Table, string Chain, IReadOnlyList<NfExpression> Expressions, string? Comment = null)
{
    public const ushort AttributeTable = 1;
    public const ushort AttributeChain = 2;
    private const ushort AttributeExpressions = 4;
    private const ushort AttributeUserData = 7;

    /// <exception cref="NetlinkFormatException">The payload is no rule.</exception>
    public static RuleMessage Read(ReadOnlySpan<byte> payload)
    {
        var rule = new RuleMessage("", "", []);
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            rule = attributes.Type switch
            {
                AttributeTable => rule with { Table = attributes.ReadString() },
                AttributeChain => rule with { Chain = attributes.ReadString() },
                AttributeExpressions => rule with { Expressions = NfExpression.ReadList(attributes.Nested) },
                AttributeUserData => rule with { Comment = NfUserData.ReadString(attributes.Value) },
                _ => rule,
            };
        }
        return rule;
    }

    /// <summary>Writes the names that say where rules are.</summary>
    public static void WriteChain(MessageWriter writer, string table, string chain)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeChain, chain);
    }

    public void Write(MessageWriter writer)
    {
        WriteChain(writer, Table, Chain);
        var list = writer.BeginNested(AttributeExpressions);
        foreach (var expression in Expressions)
            expression.Write(writer);
        writer.EndNested(list);
        NfUserData.WriteComment(writer, AttributeUserData, Comment);
    }
}
