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

/// <summary>The hook, priority and policy of a base chain (linux/netfilter/nf_tables.h, <c>enum nft_hook_attributes</c>).</summary>
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

    /// <summary>The priority <c>filter</c> of <see cref="TableFamily.Bridge"/> tables: before br_netfilter passes packets to the other families.</summary>
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
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
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
                    comment = UserData.ReadString(attributes.Value);
                    break;
            }
        }
        return (table, isBound ? null : new(name, hook is { } baseChain ? baseChain with { Type = type, Policy = policy } : null, comment));
    }

    internal static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
    }

    internal void Write(MessageWriter writer, string table)
    {
        WriteName(writer, table, Name);
        if (Base is { } baseChain)
        {
            writer.WriteString(AttributeType, baseChain.Type);
            writer.WriteInt32BigEndian(AttributePolicy, PacketVerdict.NumberOf(baseChain.Policy));
            baseChain.WriteHook(writer, AttributeHook);
        }
        UserData.WriteComment(writer, AttributeUserData, Comment);
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

/// <summary>What a verdict statement, a verdict map's element or a base chain's policy does with the packet.</summary>
public enum VerdictCode
{
    /// <summary>No verdict: the element of a plain set.</summary>
    None,
    Accept,
    Drop,
    Return,

    /// <summary>Evaluate another chain, then continue after this rule.</summary>
    Jump,

    /// <summary>Go on in a chain; its end returns to where this chain was jumped to from.</summary>
    Goto,

    /// <summary>Found in the kernel: a verdict that is not written here, such as <c>queue</c>.</summary>
    Foreign,
}

/// <summary>A verdict (linux/netfilter/nf_tables.h, <c>enum nft_verdict_attributes</c>). <paramref name="Chain"/> is where a jump or goto leads, and null for every other code.</summary>
public readonly record struct PacketVerdict(VerdictCode Code, string? Chain)
{
    private const ushort AttributeCode = 1;
    private const ushort AttributeChain = 2;

    public static PacketVerdict Accept { get; } = new(VerdictCode.Accept, null);

    public static PacketVerdict Drop { get; } = new(VerdictCode.Drop, null);

    public static PacketVerdict Return { get; } = new(VerdictCode.Return, null);

    public static PacketVerdict Jump(string chain) => new(VerdictCode.Jump, chain);

    public static PacketVerdict Goto(string chain) => new(VerdictCode.Goto, chain);

    /// <summary>As nft writes it: <c>goto v_1</c>.</summary>
    public override string ToString() => Code switch
    {
        VerdictCode.None => "",
        VerdictCode.Accept => "accept",
        VerdictCode.Drop => "drop",
        VerdictCode.Return => "return",
        VerdictCode.Jump => $"jump {Chain}",
        VerdictCode.Goto => $"goto {Chain}",
        VerdictCode.Foreign => "foreign",
        _ => throw new InvalidOperationException($"unknown verdict {Code}"),
    };

    /// <exception cref="NetlinkFormatException">The verdict has no code.</exception>
    internal static PacketVerdict Read(AttributeReader attributes)
    {
        VerdictCode? code = null;
        string? chain = null;
        while (attributes.Next())
        {
            if (attributes.Type == AttributeCode)
                code = CodeOf(attributes.ReadInt32BigEndian());
            else if (attributes.Type == AttributeChain)
                chain = attributes.ReadString();
        }
        return code switch
        {
            null => throw new NetlinkFormatException("a verdict without a code"),
            VerdictCode.Jump or VerdictCode.Goto => string.IsNullOrEmpty(chain) ? new(VerdictCode.Foreign, null) : new(code.Value, chain),
            { } other => new(other, null),
        };
    }

    /// <summary>The code of a number of the kernel (linux/netfilter/nf_tables.h, <c>enum nft_verdicts</c>; linux/netfilter.h, <c>NF_*</c>).</summary>
    internal static VerdictCode CodeOf(int number) => number switch
    {
        0 => VerdictCode.Drop,
        1 => VerdictCode.Accept,
        -3 => VerdictCode.Jump,
        -4 => VerdictCode.Goto,
        -5 => VerdictCode.Return,
        _ => VerdictCode.Foreign,
    };

    /// <summary>The kernel's number for a code.</summary>
    internal static int NumberOf(VerdictCode code) => code switch
    {
        VerdictCode.Drop => 0,
        VerdictCode.Accept => 1,
        VerdictCode.Jump => -3,
        VerdictCode.Goto => -4,
        VerdictCode.Return => -5,
        _ => throw new InvalidOperationException($"{code} is no verdict for the kernel"),
    };

    internal void Write(MessageWriter writer, ushort type)
    {
        var nest = writer.BeginNested(type);
        writer.WriteInt32BigEndian(AttributeCode, NumberOf(Code));
        if (Chain is not null)
            writer.WriteString(AttributeChain, Chain);
        writer.EndNested(nest);
    }
}
