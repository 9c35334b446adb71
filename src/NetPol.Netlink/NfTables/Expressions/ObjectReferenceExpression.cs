using System.Text;

namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Runs a named object, such as a counter (linux/netfilter/nf_tables.h, <c>enum nft_objref_attributes</c>).</summary>
/// <param name="ObjectType">NFT_OBJECT_*: 1 is a counter.</param>
/// <param name="Name">The object; it may come in the same batch.</param>
public sealed record ObjectReferenceExpression(uint ObjectType, string Name) : NfExpression
{
    internal const string KindName = "objref";
    private const ushort AttributeType = 1;
    private const ushort AttributeName = 2;

    /// <summary>Counts in a named counter.</summary>
    public static ObjectReferenceExpression Counter(string name) => new(NfCounter.ObjectType, name);

    public override string Kind => KindName;

    /// <summary>Not one that finds its object in a map.</summary>
    internal static bool IsByName(AttributeReader attributes) => Has(attributes, AttributeName);

    internal static ObjectReferenceExpression ReadBody(AttributeReader attributes)
    {
        var read = new ObjectReferenceExpression(0, "");
        while (attributes.Next())
        {
            if (attributes.Type == AttributeType)
                read = read with { ObjectType = attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeName)
                read = read with { Name = attributes.ReadString() };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeType, ObjectType);
        writer.Write(AttributeName, Encoding.UTF8.GetBytes(Name));
    }
}
