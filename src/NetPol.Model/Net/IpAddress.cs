using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Model.Net;

/// <summary>
/// An IPv4 or IPv6 address. Ordered by family (V4 first), then numerically.
/// An IPv4-mapped IPv6 address (<c>::ffff:a.b.c.d</c>) is the IPv4 address, as Kubernetes reads it.
/// </summary>
/// <param name="Family">The address family.</param>
/// <param name="Value">The address as a number in host order; an IPv4 address in the low 32 bits.</param>
public readonly record struct IpAddress(IpFamily Family, UInt128 Value) : IComparable<IpAddress>
{
    /// <summary>The number of bits of an address of this family: 32 or 128.</summary>
    public int Bits => Family == IpFamily.V4 ? 32 : 128;

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Reads the usual text forms: four decimal parts without leading zeros, or RFC 4291. No zone, no brackets, no port.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static IpAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"\"{text}\" is not an IP address");

    public static bool TryParse(string? text, out IpAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text))
            return false;
        if (!text.Contains(':', StringComparison.Ordinal))
            return TryParseV4(text, out address);
        if (text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal) ||
            !IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        address = FromBytes(parsed.GetAddressBytes());
        return true;
    }

    /// <summary>From 4 or 16 bytes in network order.</summary>
    public static IpAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 4)
            return new(IpFamily.V4, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return value >> 32 == 0xffff ? new(IpFamily.V4, (uint)value) : new(IpFamily.V6, value);
    }

    /// <summary>4 or 16 bytes in network order.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Bits / 8];
        WriteBytes(bytes);
        return bytes;
    }

    /// <summary>Writes 4 or 16 bytes in network order to the start of <paramref name="destination"/>.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        if (Family == IpFamily.V4)
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Value);
        else
            BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
    }

    public int CompareTo(IpAddress other) => Family != other.Family ? Family.CompareTo(other.Family) : Value.CompareTo(other.Value);

    /// <summary>The canonical text: RFC 5952 for IPv6.</summary>
    public override string ToString() => new IPAddress(ToBytes()).ToString();

    private static bool TryParseV4(string text, out IpAddress address)
    {
        address = default;
        var parts = text.Split('.');
        if (parts.Length != 4)
            return false;
        uint value = 0;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') ||
                !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var b))
                return false;
            value = (value << 8) | b;
        }
        address = new(IpFamily.V4, value);
        return true;
    }
}

public enum IpFamily
{
    V4,
    V6,
}

/// <summary>The addresses from <paramref name="First"/> to <paramref name="Last"/>, both included, of one family. Ordered by first, then last.</summary>
public readonly record struct AddressRange(IpAddress First, IpAddress Last) : IComparable<AddressRange>
{
    public static bool operator <(AddressRange left, AddressRange right) => left.CompareTo(right) < 0;

    public static bool operator >(AddressRange left, AddressRange right) => left.CompareTo(right) > 0;

    public static bool operator <=(AddressRange left, AddressRange right) => left.CompareTo(right) <= 0;

    public static bool operator >=(AddressRange left, AddressRange right) => left.CompareTo(right) >= 0;

    public bool Contains(IpAddress address) => address >= First && address <= Last;

    public int CompareTo(AddressRange other)
    {
        var byFirst = First.CompareTo(other.First);
        return byFirst != 0 ? byFirst : Last.CompareTo(other.Last);
    }

    public override string ToString() => First == Last ? First.ToString() : $"{First}-{Last}";
}
