namespace NetPol.Netlink.NfTables;

/// <summary>A chain (linux/netfilter/nf_tables.h, <c>enum nft_chain_attributes</c>).</summary>
/// <param name="Family">Its table's.</param>
/// <param name="Table">Its table.</param>
/// <param name="Name">Unique in the table.</param>
/// <param name="Base">Null for a chain that is only jumped to.</param>
public sealed record NfChain(NfFamily Family, string Table, string Name, NfBaseChain? Base = null)
{
    private const ushort AttributeTable = 1;
    private const ushort AttributeHandle = 2;
    private const ushort AttributeName = 3;
    private const ushort AttributeHook = 4;
    private const ushort AttributePolicy = 5;
    private const ushort AttributeUse = 6;
    private const ushort AttributeType = 7;
    private const ushort AttributeFlags = 10;
    private const ushort AttributeUserData = 12;

    // NFT_CHAIN_BINDING of enum nft_chain_flags.
    private const uint BoundFlag = 4;

    public string? Comment { get; init; }

    /// <summary>The kernel's number for it, 0 before it is in the kernel.</summary>
    public ulong Handle { get; init; }

    /// <summary>How many rules it has, plus how many rules and elements refer to it. The kernel counts; not written.</summary>
    public uint Use { get; init; }

    /// <summary>Whether it has no name of its own and goes with the rule that jumps there: <c>jump { accept; }</c>. Not written.</summary>
    public bool IsBound { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no chain.</exception>
    public static NfChain Read(ReadOnlySpan<byte> payload)
    {
        var chain = new NfChain((NfFamily)NfGenMessage.ReadFamily(payload), "", "");
        NfBaseChain? hook = null;
        var type = "";
        var policy = NfVerdictCode.Accept;
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeHook:
                    hook = NfBaseChain.ReadHook(attributes.Nested);
                    break;
                case AttributeType:
                    type = attributes.ReadString();
                    break;
                case AttributePolicy:
                    policy = (NfVerdictCode)attributes.ReadInt32BigEndian();
                    break;
                default:
                    chain = chain.With(attributes);
                    break;
            }
        }
        return hook is null ? chain : chain with { Base = hook with { Type = type, Policy = policy } };
    }

    internal static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
    }

    internal void Write(MessageWriter writer)
    {
        WriteName(writer, Table, Name);
        if (Base is not null)
        {
            writer.WriteString(AttributeType, Base.Type);
            writer.WriteInt32BigEndian(AttributePolicy, (int)Base.Policy);
            Base.WriteHook(writer, AttributeHook);
        }
        NfUserData.WriteComment(writer, AttributeUserData, Comment);
    }

    private NfChain With(scoped AttributeReader attribute) => attribute.Type switch
    {
        AttributeTable => this with { Table = attribute.ReadString() },
        AttributeName => this with { Name = attribute.ReadString() },
        AttributeHandle => this with { Handle = attribute.ReadUInt64BigEndian() },
        AttributeUse => this with { Use = attribute.ReadUInt32BigEndian() },
        AttributeFlags => this with { IsBound = (attribute.ReadUInt32BigEndian() & BoundFlag) != 0 },
        AttributeUserData => this with { Comment = NfUserData.ReadString(attribute.Value) },
        _ => this,
    };
}
