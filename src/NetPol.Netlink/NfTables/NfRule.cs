using NetPol.Netlink.NfTables.Expressions;

namespace NetPol.Netlink.NfTables;

/// <summary>A rule (linux/netfilter/nf_tables.h, <c>enum nft_rule_attributes</c>).</summary>
/// <param name="family">Its table's.</param>
/// <param name="table">Its table.</param>
/// <param name="chain">Its chain.</param>
/// <param name="expressions">In the order in which they run; the first that does not match ends the rule.</param>
public sealed class NfRule(NfFamily family, string table, string chain, IReadOnlyList<NfExpression> expressions)
{
    internal const ushort AttributeTable = 1;
    internal const ushort AttributeChain = 2;
    internal const ushort AttributeHandle = 3;
    internal const ushort AttributeExpressions = 4;
    internal const ushort AttributePosition = 6;
    internal const ushort AttributeUserData = 7;

    public NfFamily Family => family;

    public string Table => table;

    public string Chain => chain;

    public IReadOnlyList<NfExpression> Expressions => expressions;

    public string? Comment { get; init; }

    /// <summary>The kernel's number for it, unique in the table; 0 before it is in the kernel.</summary>
    public ulong Handle { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no rule.</exception>
    public static NfRule Read(ReadOnlySpan<byte> payload)
    {
        string table = "", chain = "";
        string? comment = null;
        ulong handle = 0;
        IReadOnlyList<NfExpression> expressions = [];
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeTable:
                    table = attributes.ReadString();
                    break;
                case AttributeChain:
                    chain = attributes.ReadString();
                    break;
                case AttributeHandle:
                    handle = attributes.ReadUInt64BigEndian();
                    break;
                case AttributeExpressions:
                    expressions = NfExpression.ReadList(attributes.Nested);
                    break;
                case AttributeUserData:
                    comment = NfUserData.ReadString(attributes.Value);
                    break;
            }
        }
        return new((NfFamily)payload[0], table, chain, expressions) { Comment = comment, Handle = handle };
    }

    internal static void WriteChain(MessageWriter writer, string table, string chain)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeChain, chain);
    }

    internal void WriteBody(MessageWriter writer)
    {
        var list = writer.BeginNested(AttributeExpressions);
        foreach (var expression in Expressions)
            expression.Write(writer);
        writer.EndNested(list);
        NfUserData.WriteComment(writer, AttributeUserData, Comment);
    }
}
