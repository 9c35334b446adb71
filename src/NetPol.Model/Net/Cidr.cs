using System.Globalization;

namespace NetPol.Model.Net;

/// <summary>
/// A network in CIDR notation; host bits are masked off. Ordered by network address, then by prefix length.
/// </summary>
public readonly record struct Cidr : IComparable<Cidr>
{
    private Cidr(IpAddress network, int prefixLength)
    {
        Network = network;
        PrefixLength = prefixLength;
    }

    /// <summary>The first address.</summary>
    public IpAddress Network { get; }

    public int PrefixLength { get; }

    /// <summary>The last address (the broadcast address in IPv4 terms).</summary>
    public IpAddress Last => new(Network.Family, Network.Value | HostMask(Network.Bits, PrefixLength));

    public AddressRange Range => new(Network, Last);

    public static bool operator <(Cidr left, Cidr right) => left.CompareTo(right) < 0;

    public static bool operator >(Cidr left, Cidr right) => left.CompareTo(right) > 0;

    public static bool operator <=(Cidr left, Cidr right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Cidr left, Cidr right) => left.CompareTo(right) >= 0;

    /// <summary>The network of <paramref name="prefixLength"/> bits that holds <paramref name="address"/>.</summary>
    public static Cidr Create(IpAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, address.Bits);
        return new(address with { Value = address.Value & ~HostMask(address.Bits, prefixLength) }, prefixLength);
    }

    /// <exception cref="FormatException">The text is not in CIDR notation.</exception>
    public static Cidr Parse(string text) => TryParse(text, out var cidr) ? cidr : throw new FormatException($"\"{text}\" is not a CIDR");

    public static bool TryParse(string? text, out Cidr cidr)
    {
        cidr = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0 || !IpAddress.TryParse(text![..slash], out var address))
            return false;
        var digits = text.AsSpan(slash + 1);
        if (digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0') ||
            !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            return false;
        // The prefix of an IPv4-mapped address counts from the start of the 128 bits.
        if (address.Family == IpFamily.V4 && text.Contains(':', StringComparison.Ordinal))
            length -= 96;
        if (length < 0 || length > address.Bits)
            return false;
        cidr = Create(address, length);
        return true;
    }

    public bool Contains(IpAddress address) => address.Family == Network.Family && address >= Network && address <= Last;

    public bool Contains(Cidr other) => PrefixLength <= other.PrefixLength && Contains(other.Network);

    public int CompareTo(Cidr other)
    {
        var byNetwork = Network.CompareTo(other.Network);
        return byNetwork != 0 ? byNetwork : PrefixLength.CompareTo(other.PrefixLength);
    }

    public override string ToString() => $"{Network}/{PrefixLength}";

    private static UInt128 HostMask(int bits, int prefixLength) =>
        bits == prefixLength ? UInt128.Zero : UInt128.MaxValue >> (128 - (bits - prefixLength));
}
