namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Ends the rule above a rate (linux/netfilter/nf_tables.h, <c>enum nft_limit_attributes</c>).</summary>
/// <param name="Rate">How many in a unit of time.</param>
/// <param name="Unit">The unit of time in seconds.</param>
/// <param name="Burst">How many more at once.</param>
/// <param name="Bytes">Counts bytes; otherwise packets.</param>
/// <param name="Inverted">Ends the rule below the rate.</param>
public sealed record LimitExpression(ulong Rate, ulong Unit, uint Burst, bool Bytes = false, bool Inverted = false) : NfExpression
{
    internal const string KindName = "limit";
    private const ushort AttributeRate = 1;
    private const ushort AttributeUnit = 2;
    private const ushort AttributeBurst = 3;
    private const ushort AttributeType = 4;
    private const ushort AttributeFlags = 5;

    public override string Kind => KindName;

    internal static LimitExpression ReadBody(AttributeReader attributes)
    {
        var read = new LimitExpression(0, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeRate => read with { Rate = attributes.ReadUInt64BigEndian() },
                AttributeUnit => read with { Unit = attributes.ReadUInt64BigEndian() },
                AttributeBurst => read with { Burst = attributes.ReadUInt32BigEndian() },
                AttributeType => read with { Bytes = attributes.ReadUInt32BigEndian() == 1 },
                AttributeFlags => read with { Inverted = (attributes.ReadUInt32BigEndian() & 1) != 0 },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt64BigEndian(AttributeRate, Rate);
        writer.WriteUInt64BigEndian(AttributeUnit, Unit);
        writer.WriteUInt32BigEndian(AttributeBurst, Burst);
        writer.WriteUInt32BigEndian(AttributeType, Bytes ? 1u : 0u);
        writer.WriteUInt32BigEndian(AttributeFlags, Inverted ? 1u : 0u);
    }
}
