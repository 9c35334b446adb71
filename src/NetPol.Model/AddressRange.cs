namespace NetPol.Model;

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
