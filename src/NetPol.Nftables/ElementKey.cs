using System.Buffers.Binary;

namespace NetPol.Nftables;

/// <summary>
/// The bytes of a set's key as the kernel compares them: the fields in network order, each padded with zeros to a multiple of four inside a
/// concatenation; what lies behind the key's length is zero. Ordered bytewise.
/// </summary>
/// <param name="High">Bytes 0 to 15, big-endian.</param>
/// <param name="Low">Bytes 16 to 31, big-endian.</param>
public readonly record struct ElementKey(UInt128 High, UInt128 Low) : IComparable<ElementKey>
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxLength = 32;

    public static bool operator <(ElementKey left, ElementKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ElementKey left, ElementKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ElementKey left, ElementKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ElementKey left, ElementKey right) => left.CompareTo(right) >= 0;

    /// <summary>From at most <see cref="MaxLength"/> bytes.</summary>
    public static ElementKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[MaxLength];
        bytes.CopyTo(all);
        return new(BinaryPrimitives.ReadUInt128BigEndian(all), BinaryPrimitives.ReadUInt128BigEndian(all[16..]));
    }

    /// <summary>Writes the first bytes of the key, as many as <paramref name="destination"/> holds.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        Span<byte> all = stackalloc byte[MaxLength];
        BinaryPrimitives.WriteUInt128BigEndian(all, High);
        BinaryPrimitives.WriteUInt128BigEndian(all[16..], Low);
        all[..destination.Length].CopyTo(destination);
    }

    public int CompareTo(ElementKey other)
    {
        var byHigh = High.CompareTo(other.High);
        return byHigh != 0 ? byHigh : Low.CompareTo(other.Low);
    }
}
