namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>
/// One step of a rule (linux/netfilter/nf_tables.h, <c>enum nft_expr_attributes</c>): the kernel's name for its kind, and attributes of that kind.
/// Two are equal when they do the same.
/// </summary>
public abstract record NfExpression
{
    private const ushort AttributeListElement = 1;
    private const ushort AttributeName = 1;
    private const ushort AttributeData = 2;

    /// <summary>The kernel's name for the kind.</summary>
    public abstract string Kind { get; }

    internal static IReadOnlyList<NfExpression> ReadList(AttributeReader elements)
    {
        var list = new List<NfExpression>();
        while (elements.Next())
            list.Add(Read(elements.Nested));
        return list;
    }

    internal void Write(MessageWriter writer)
    {
        var element = writer.BeginNested(AttributeListElement);
        writer.WriteString(AttributeName, Kind);
        var data = writer.BeginNested(AttributeData);
        WriteBody(writer);
        writer.EndNested(data);
        writer.EndNested(element);
    }

    private protected abstract void WriteBody(MessageWriter writer);

    private static NfExpression Read(AttributeReader attributes)
    {
        var kind = "";
        ReadOnlySpan<byte> data = [];
        while (attributes.Next())
        {
            if (attributes.Type == AttributeName)
                kind = attributes.ReadString();
            else if (attributes.Type == AttributeData)
                data = attributes.Value;
        }
        var body = new AttributeReader(data);
        return kind switch
        {
            ImmediateExpression.KindName => ImmediateExpression.ReadBody(body),
            LookupExpression.KindName => LookupExpression.ReadBody(body),
            PayloadExpression.KindName when !PayloadExpression.IsWrite(body) => PayloadExpression.ReadBody(body),
            MetaExpression.KindName when !MetaExpression.IsWrite(body) => MetaExpression.ReadBody(body),
            ConntrackExpression.KindName when !ConntrackExpression.IsWrite(body) => ConntrackExpression.ReadBody(body),
            CompareExpression.KindName => CompareExpression.ReadBody(body),
            RangeExpression.KindName => RangeExpression.ReadBody(body),
            BitwiseExpression.KindName when BitwiseExpression.IsMask(body) => BitwiseExpression.ReadBody(body),
            ByteOrderExpression.KindName => ByteOrderExpression.ReadBody(body),
            FibExpression.KindName => FibExpression.ReadBody(body),
            HeaderExtensionExpression.KindName when HeaderExtensionExpression.IsRead(body) => HeaderExtensionExpression.ReadBody(body),
            CounterExpression.KindName => CounterExpression.ReadBody(body),
            ObjectReferenceExpression.KindName when ObjectReferenceExpression.IsByName(body) => ObjectReferenceExpression.ReadBody(body),
            LogExpression.KindName => LogExpression.ReadBody(body),
            LimitExpression.KindName => LimitExpression.ReadBody(body),
            _ => new UnknownExpression(kind, new(data)),
        };
    }

    /// <summary>Whether an attribute is there.</summary>
    private protected static bool Has(AttributeReader attributes, int type)
    {
        while (attributes.Next())
        {
            if (attributes.Type == type)
                return true;
        }
        return false;
    }
}
