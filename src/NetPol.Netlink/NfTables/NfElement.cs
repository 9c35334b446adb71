using System.Text;

namespace NetPol.Netlink.NfTables;

/// <summary>
/// An element of a set as it was received, valid only during the call that hands it over
/// (linux/netfilter/nf_tables.h, <c>enum nft_set_elem_attributes</c>).
/// </summary>
public readonly ref struct NfElement
{
    internal const ushort AttributeListElement = 1;
    internal const ushort AttributeKey = 1;
    internal const ushort AttributeData = 2;
    internal const ushort AttributeFlags = 3;
    internal const ushort AttributeTimeout = 4;
    internal const ushort AttributeUserData = 6;
    internal const ushort AttributeKeyEnd = 10;
    private const ushort AttributeExpression = 7;
    private const ushort AttributeExpressions = 11;

    private readonly ReadOnlySpan<byte> _userData;

    private NfElement(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeKey:
                    Key = NfData.ReadValue(attributes.Nested);
                    break;
                case AttributeKeyEnd:
                    KeyEnd = NfData.ReadValue(attributes.Nested);
                    break;
                case AttributeFlags:
                    Flags = (NfElementFlags)attributes.ReadUInt32BigEndian();
                    break;
                case AttributeUserData:
                    _userData = attributes.Value;
                    break;
                case AttributeExpression or AttributeExpressions:
                    HasExpressions = true;
                    break;
                case AttributeData:
                    ReadData(attributes.Nested, out var value, out var code, out var chain);
                    Value = value;
                    VerdictCode = code;
                    VerdictChain = chain;
                    break;
            }
        }
    }

    /// <summary>The key, or the first value of a range in a concatenation; empty of a catch-all. Fields of a concatenation begin at multiples of four.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The last value of a range in a concatenation, itself included; empty otherwise.</summary>
    public ReadOnlySpan<byte> KeyEnd { get; }

    public NfElementFlags Flags { get; }

    /// <summary>Whether expressions, such as a limit, run when it is found: they can make as if it were not there.</summary>
    public bool HasExpressions { get; }

    /// <summary>Of a map of values: the datum.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Of a map of verdicts: the verdict, otherwise null.</summary>
    public NfVerdictCode? VerdictCode { get; }

    /// <summary>The verdict's chain in UTF-8, empty when it has none.</summary>
    public ReadOnlySpan<byte> VerdictChain { get; }

    /// <summary>The same with the chain's name as a string.</summary>
    public NfVerdict? Verdict =>
        VerdictCode is { } code ? new(code, VerdictChain.IsEmpty ? null : Encoding.UTF8.GetString(VerdictChain)) : null;

    public string? Comment => NfUserData.ReadString(_userData);

    /// <summary>Hands over the elements of one message.</summary>
    /// <exception cref="NetlinkFormatException">The payload holds no elements.</exception>
    internal static void ReadAll(ReadOnlySpan<byte> payload, NfElementHandler handler)
    {
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type != NfElementWriter.AttributeElements)
                continue;
            var elements = attributes.Nested;
            while (elements.Next())
                handler(new NfElement(elements.Nested));
        }
    }

    private static void ReadData(AttributeReader data, out ReadOnlySpan<byte> value, out NfVerdictCode? code, out ReadOnlySpan<byte> chain)
    {
        value = [];
        chain = [];
        code = null;
        while (data.Next())
        {
            if (data.Type == NfData.AttributeValue)
                value = data.Value;
            else if (data.Type == NfData.AttributeVerdict)
                code = NfVerdict.ReadCode(data.Nested, out chain);
        }
    }
}
