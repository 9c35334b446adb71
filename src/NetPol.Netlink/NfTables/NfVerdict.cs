using System.Text;

namespace NetPol.Netlink.NfTables;

/// <summary>A verdict (linux/netfilter/nf_tables.h, <c>enum nft_verdict_attributes</c>).</summary>
/// <param name="Code">What happens.</param>
/// <param name="Chain">Where to, for <see cref="NfVerdictCode.Jump"/> and <see cref="NfVerdictCode.Goto"/>; otherwise null.</param>
public readonly record struct NfVerdict(NfVerdictCode Code, string? Chain = null)
{
    private const ushort AttributeCode = 1;
    private const ushort AttributeChain = 2;

    public static NfVerdict Accept => new(NfVerdictCode.Accept);

    public static NfVerdict Drop => new(NfVerdictCode.Drop);

    public static NfVerdict Return => new(NfVerdictCode.Return);

    public static NfVerdict Jump(string chain) => new(NfVerdictCode.Jump, chain);

    public static NfVerdict Goto(string chain) => new(NfVerdictCode.Goto, chain);

    /// <summary>As nft writes it: <c>goto ports_3</c>.</summary>
    public override string ToString()
    {
        var word = Code.ToString().ToLowerInvariant();
        return Chain is null ? word : $"{word} {Chain}";
    }

    internal static NfVerdict Read(AttributeReader attributes)
    {
        var code = ReadCode(attributes, out var chain);
        return new(code, chain.IsEmpty ? null : Encoding.UTF8.GetString(chain));
    }

    /// <summary>The verdict with its chain as bytes, which are empty when it has none.</summary>
    internal static NfVerdictCode ReadCode(AttributeReader attributes, out ReadOnlySpan<byte> chain)
    {
        NfVerdictCode? code = null;
        chain = [];
        while (attributes.Next())
        {
            if (attributes.Type == AttributeCode)
                code = (NfVerdictCode)attributes.ReadInt32BigEndian();
            else if (attributes.Type == AttributeChain)
                chain = attributes.ReadStringBytes();
        }
        return code ?? throw new NetlinkFormatException("a verdict without a code");
    }

    internal void Write(MessageWriter writer, ushort type)
    {
        var nest = writer.BeginNested(type);
        writer.WriteInt32BigEndian(AttributeCode, (int)Code);
        if (Chain is not null)
            writer.WriteString(AttributeChain, Chain);
        writer.EndNested(nest);
    }
}
