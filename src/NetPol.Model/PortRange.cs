namespace NetPol.Model;

/// <summary>Ports from <paramref name="First"/> to <paramref name="Last"/>, both included. Ordered by first, then last.</summary>
public readonly record struct PortRange(ushort First, ushort Last) : IComparable<PortRange>
{
    /// <summary>Every port, 0 included.</summary>
    public static PortRange All { get; } = new(0, ushort.MaxValue);

    public static bool operator <(PortRange left, PortRange right) => left.CompareTo(right) < 0;

    public static bool operator >(PortRange left, PortRange right) => left.CompareTo(right) > 0;

    public static bool operator <=(PortRange left, PortRange right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PortRange left, PortRange right) => left.CompareTo(right) >= 0;

    public static PortRange Single(ushort port) => new(port, port);

    public bool Contains(ushort port) => port >= First && port <= Last;

    public int CompareTo(PortRange other) => First != other.First ? First.CompareTo(other.First) : Last.CompareTo(other.Last);

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}
