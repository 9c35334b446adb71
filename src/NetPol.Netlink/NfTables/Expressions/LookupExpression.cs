namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Looks a register up in a set or a map (linux/netfilter/nf_tables.h, <c>enum nft_lookup_attributes</c>).</summary>
/// <param name="Set">The set's name; it may come in the same batch.</param>
/// <param name="Source">Where the key begins.</param>
/// <param name="Destination">Where a map's datum goes, <see cref="NfRegister.Verdict"/> for verdicts; null for a set.</param>
/// <param name="Inverted">Of a set: matches what is not in it.</param>
public sealed record LookupExpression(string Set, NfRegister Source, NfRegister? Destination = null, bool Inverted = false) : NfExpression
{
    internal const string KindName = "lookup";
    private const ushort AttributeSet = 1;
    private const ushort AttributeSource = 2;
    private const ushort AttributeDestination = 3;
    private const ushort AttributeFlags = 5;
    private const uint FlagInverted = 1;

    public override string Kind => KindName;

    internal static LookupExpression ReadBody(AttributeReader attributes)
    {
        var read = new LookupExpression("", default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSet => read with { Set = attributes.ReadString() },
                AttributeSource => read with { Source = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
                AttributeFlags => read with { Inverted = (attributes.ReadUInt32BigEndian() & FlagInverted) != 0 },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        if (Destination is { } destination)
            writer.WriteUInt32BigEndian(AttributeDestination, (uint)destination);
        writer.WriteString(AttributeSet, Set);
        if (Inverted)
            writer.WriteUInt32BigEndian(AttributeFlags, FlagInverted);
    }
}
