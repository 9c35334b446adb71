using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>The places in the packet's way that a base chain hooks into, by their numbers in linux/netfilter.h (nf_inet_hooks).</summary>
public enum BaseHook
{
    PreRouting = 0,
    Input = 1,
    Forward = 2,
    Output = 3,
    PostRouting = 4,
    Ingress = 5,
}

/// <summary>What makes a chain a base chain (linux/netfilter/nf_tables.h, <c>enum nft_hook_attributes</c>).</summary>
/// <param name="Hook">Where packets enter it.</param>
/// <param name="Priority">The order among base chains of a hook: a lower priority comes earlier.</param>
/// <param name="Type"><c>filter</c>, <c>nat</c> or <c>route</c>.</param>
/// <param name="Policy">What happens to a packet that comes to the end: accept or drop.</param>
public readonly record struct BaseChain(BaseHook Hook, int Priority, string Type = "filter", VerdictCode Policy = VerdictCode.Accept)
{
    private const ushort AttributeHook = 1;
    private const ushort AttributePriority = 2;

    /// <summary>The priority that nft calls <c>filter</c>: after destination translation, before source translation.</summary>
    public const int FilterPriority = 0;

    /// <summary>What nft calls <c>filter</c> in tables of <see cref="TableFamily.Bridge"/>: before br_netfilter hands packets of frames to the other families.</summary>
    public const int BridgeFilterPriority = -200;

    /// <summary>As nft writes it: <c>type filter hook forward priority 0; policy accept;</c>.</summary>
    public override string ToString() =>
        $"type {Type} hook {Hook.ToString().ToLowerInvariant()} priority {Priority}; policy {Policy.ToString().ToLowerInvariant()};";

    internal static BaseChain ReadHook(AttributeReader attributes)
    {
        var read = new BaseChain(default, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeHook => read with { Hook = (BaseHook)attributes.ReadUInt32BigEndian() },
                AttributePriority => read with { Priority = attributes.ReadInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    internal void WriteHook(MessageWriter writer, ushort type)
    {
        var nest = writer.BeginNested(type);
        writer.WriteUInt32BigEndian(AttributeHook, (uint)Hook);
        writer.WriteInt32BigEndian(AttributePriority, Priority);
        writer.EndNested(nest);
    }
}

/// <summary>A chain without its rules. <paramref name="Base"/> is null for a chain that is only reached by jump and goto.</summary>
/// <param name="Name">The chain's name.</param>
/// <param name="Base">Where it is hooked.</param>
/// <param name="Comment">For people; null for none. Fixed when the chain is created.</param>
public sealed record Chain(string Name, BaseChain? Base = null, string? Comment = null)
{
    private const ushort AttributeTable = 1;
    private const ushort AttributeName = 3;
    private const ushort AttributeHook = 4;
    private const ushort AttributePolicy = 5;
    private const ushort AttributeType = 7;
    private const ushort AttributeFlags = 10;
    private const ushort AttributeUserData = 12;

    // NFT_CHAIN_BINDING of enum nft_chain_flags.
    private const uint BoundFlag = 4;

    /// <summary>Reads a message (linux/netfilter/nf_tables.h, <c>enum nft_chain_attributes</c>).</summary>
    /// <returns>The chain's table and the chain; no chain when it has no name of its own and goes with the rule that jumps there: <c>jump { accept; }</c>.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no chain.</exception>
    internal static (string Table, Chain? Chain) Read(ReadOnlySpan<byte> payload)
    {
        string table = "", name = "", type = "";
        string? comment = null;
        BaseChain? hook = null;
        var policy = VerdictCode.Accept;
        var isBound = false;
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeTable:
                    table = attributes.ReadString();
                    break;
                case AttributeName:
                    name = attributes.ReadString();
                    break;
                case AttributeHook:
                    hook = BaseChain.ReadHook(attributes.Nested);
                    break;
                case AttributeType:
                    type = attributes.ReadString();
                    break;
                case AttributePolicy:
                    policy = PacketVerdict.CodeOf(attributes.ReadInt32BigEndian());
                    break;
                case AttributeFlags:
                    isBound = (attributes.ReadUInt32BigEndian() & BoundFlag) != 0;
                    break;
                case AttributeUserData:
                    comment = NfUserData.ReadString(attributes.Value);
                    break;
            }
        }
        return (table, isBound ? null : new(name, hook is { } hooked ? hooked with { Type = type, Policy = policy } : null, comment));
    }

    internal static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
    }

    internal void Write(MessageWriter writer, string table)
    {
        WriteName(writer, table, Name);
        if (Base is { } hooked)
        {
            writer.WriteString(AttributeType, hooked.Type);
            writer.WriteInt32BigEndian(AttributePolicy, PacketVerdict.NumberOf(hooked.Policy));
            hooked.WriteHook(writer, AttributeHook);
        }
        NfUserData.WriteComment(writer, AttributeUserData, Comment);
    }
}

/// <summary>A chain and its rules in order. A value.</summary>
public sealed class ChainState : IEquatable<ChainState>
{
    private readonly Rule[] _rules;

    public ChainState(Chain chain, params IEnumerable<Rule> rules)
    {
        Chain = chain;
        _rules = [.. rules];
    }

    public Chain Chain { get; }

    public IReadOnlyList<Rule> Rules => _rules;

    /// <summary>Whether both have the same rules in the same order.</summary>
    public bool RulesEqual(ChainState other) => _rules.AsSpan().SequenceEqual(other._rules);

    public bool Equals(ChainState? other) => other is not null && Chain == other.Chain && RulesEqual(other);

    public override bool Equals(object? obj) => Equals(obj as ChainState);

    public override int GetHashCode() => HashCode.Combine(Chain, _rules.Length);
}
