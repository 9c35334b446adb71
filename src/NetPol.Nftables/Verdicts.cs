using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>What a verdict statement, a verdict map's element or a base chain's policy does with the packet.</summary>
public enum VerdictCode
{
    /// <summary>No verdict: the element of a plain set.</summary>
    None,
    Accept,
    Drop,
    Return,

    /// <summary>Go on in a chain and come back.</summary>
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
