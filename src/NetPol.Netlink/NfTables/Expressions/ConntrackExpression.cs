namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Loads what connection tracking knows (linux/netfilter/nf_tables.h, <c>enum nft_ct_attributes</c>).</summary>
/// <param name="Destination">Where it goes.</param>
/// <param name="Key">What is loaded.</param>
/// <param name="Direction">0 original, 1 reply, for the keys that differ by it; otherwise null.</param>
public sealed record ConntrackExpression(NfRegister Destination, ConntrackKey Key, byte? Direction = null) : NfExpression
{
    /// <summary>The direction of the packet that began the connection.</summary>
    public const byte Original = 0;

    /// <summary>The direction of the answers.</summary>
    public const byte Reply = 1;

    internal const string KindName = "ct";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeKey = 2;
    private const ushort AttributeDirection = 3;
    private const ushort AttributeSource = 4;

    public override string Kind => KindName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static ConntrackExpression ReadBody(AttributeReader attributes)
    {
        var read = new ConntrackExpression(default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeKey => read with { Key = (ConntrackKey)attributes.ReadUInt32BigEndian() },
                AttributeDirection => read with { Direction = attributes.ReadByte() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeKey, (uint)Key);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        if (Direction is { } direction)
            writer.WriteByte(AttributeDirection, direction);
    }
}
