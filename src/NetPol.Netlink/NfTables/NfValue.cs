namespace NetPol.Netlink.NfTables;

/// <summary>
/// A few bytes, as they stand in a register: keys, constants, masks. Equal when the bytes are. At most 64 in what the kernel takes
/// (linux/netfilter/nf_tables.h, NFT_DATA_VALUE_MAXLEN). <c>default</c> has none.
/// </summary>
public readonly struct NfValue : IEquatable<NfValue>
{
    private readonly byte[]? _bytes;

    /// <param name="bytes">Copied.</param>
    public NfValue(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public ReadOnlySpan<byte> Span => _bytes;

    public int Length => _bytes?.Length ?? 0;

    public static bool operator ==(NfValue left, NfValue right) => left.Equals(right);

    public static bool operator !=(NfValue left, NfValue right) => !left.Equals(right);

    public bool Equals(NfValue other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is NfValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Hexadecimal, lower case, <c>0x</c> in front.</summary>
    public override string ToString() => "0x" + Convert.ToHexStringLower(Span);
}
