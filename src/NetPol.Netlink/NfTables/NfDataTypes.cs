namespace NetPol.Netlink.NfTables;

/// <summary>
/// What the bytes of a set's key mean. The kernel stores the number and does not read it; nft prints by it. The numbers are nft's own
/// (its <c>enum datatypes</c>), fixed by what it stores.
/// </summary>
public static class NfDataTypes
{
    /// <summary>2: one byte, see <see cref="NfFamily"/>.</summary>
    public const uint NfProto = 2;

    public const uint Integer = 4;

    /// <summary>Four bytes.</summary>
    public const uint Ipv4Address = 7;

    /// <summary>Sixteen bytes.</summary>
    public const uint Ipv6Address = 8;

    /// <summary>One byte.</summary>
    public const uint InetProto = 12;

    /// <summary>A port, two bytes.</summary>
    public const uint InetService = 13;

    /// <summary>A packet mark, four bytes in host order.</summary>
    public const uint Mark = 19;

    /// <summary>The index of an interface, four bytes in host order.</summary>
    public const uint InterfaceIndex = 20;

    /// <summary>Sixteen bytes, zeros at the end.</summary>
    public const uint InterfaceName = 41;

    /// <summary>The type of a map's data when it is verdicts (linux/netfilter/nf_tables.h, NFT_DATA_VERDICT).</summary>
    public const uint Verdict = 0xffffff00;

    private const int ConcatBits = 6;

    /// <summary>The type of a concatenation: six bits a field, the first field in the highest.</summary>
    public static uint Concat(params ReadOnlySpan<uint> fields)
    {
        uint type = 0;
        foreach (var field in fields)
            type = (type << ConcatBits) | field;
        return type;
    }

    /// <summary>The bytes that a concatenation's field takes up in a key: fields begin at multiples of four.</summary>
    public static int Padded(int fieldLength) => MessageWriter.Align(fieldLength);
}
