namespace NetPol.Model.Net;

/// <summary>
/// A set of destination ports, by protocol. All traffic without ports counts as one more point. It is a value: sets with equal points are equal.
/// </summary>
public sealed record PortSet
{
    private const int PortsOfProtocol = ushort.MaxValue + 1;

    /// <summary>The point of all traffic without ports.</summary>
    private static readonly int PortlessPoint = PortsOfProtocol * Protocols.WithPorts.Count;

    /// <summary>Ascending points at which membership toggles, starting with "not included".</summary>
    private readonly ValueArray<int> _edges;

    private PortSet(ValueArray<int> edges) => _edges = edges;

    public static PortSet Nothing { get; } = new([]);

    public static PortSet Everything { get; } = new([0, PortlessPoint + 1]);

    /// <summary>All protocols without ports, including ICMP.</summary>
    public static PortSet Portless { get; } = new([PortlessPoint, PortlessPoint + 1]);

    public bool IsEmpty => _edges.IsEmpty;

    /// <summary>Whether it includes the protocols without ports.</summary>
    public bool HasPortless => !IsEmpty && _edges[_edges.Count - 1] > PortlessPoint;

    /// <summary>The ports as ranges, by protocol in the order of <see cref="Protocols.WithPorts"/>, then by number. Adjacent ports form one range.</summary>
    public IEnumerable<(Protocol Protocol, PortRange Range)> Ranges
    {
        get
        {
            for (var place = 0; place < Protocols.WithPorts.Count; place++)
            {
                var (start, end) = (place * PortsOfProtocol, (place + 1) * PortsOfProtocol);
                for (var i = 0; i < _edges.Count; i += 2)
                {
                    var (first, last) = (Math.Max(_edges[i], start), Math.Min(_edges[i + 1], end) - 1);
                    if (first <= last)
                        yield return (Protocols.WithPorts[place], new((ushort)(first - start), (ushort)(last - start)));
                }
            }
        }
    }

    public static PortSet Create(Protocol protocol, PortRange range)
    {
        var start = Start(protocol);
        return new([start + range.First, start + range.Last + 1]);
    }

    public bool Contains(Protocol protocol, ushort port)
    {
        var point = protocol.HasPorts() ? Start(protocol) + port : PortlessPoint;
        return _edges.Count(edge => edge <= point) % 2 == 1;
    }

    public PortSet Intersect(PortSet other) => Combine(other, (mine, theirs) => mine && theirs);

    public PortSet Union(PortSet other) => Combine(other, (mine, theirs) => mine || theirs);

    public PortSet Except(PortSet other) => Combine(other, (mine, theirs) => mine && !theirs);

    /// <summary>
    /// Text for people: <c>80/TCP, 8000-8080/TCP, UDP</c>, <c>every port</c>, <c>no port</c>, or, where that is shorter, <c>every port but 53/UDP</c>.
    /// </summary>
    public override string ToString()
    {
        var missing = Everything.Except(this);
        if (missing.IsEmpty)
            return "every port";
        return HasPortless && missing.Ranges.Count() <= Ranges.Count() ? $"every port but {missing.FormatRanges()}" : FormatRanges();
    }

    private static int Start(Protocol protocol)
    {
        for (var place = 0; place < Protocols.WithPorts.Count; place++)
        {
            if (Protocols.WithPorts[place] == protocol)
                return place * PortsOfProtocol;
        }
        throw new ArgumentException($"{protocol.Name()} has no ports", nameof(protocol));
    }

    private string FormatRanges()
    {
        var parts = Ranges.Select(r => r.Range == PortRange.All ? r.Protocol.Name() : $"{r.Range}/{r.Protocol.Name()}").ToList();
        if (HasPortless)
            parts.Add("ICMP and all else without ports");
        return parts.Count == 0 ? "no port" : string.Join(", ", parts);
    }

    private PortSet Combine(PortSet other, Func<bool, bool, bool> holds)
    {
        var edges = new List<int>();
        var inside = false;
        for (int i = 0, j = 0; i < _edges.Count || j < other._edges.Count;)
        {
            var at = Math.Min(i < _edges.Count ? _edges[i] : int.MaxValue, j < other._edges.Count ? other._edges[j] : int.MaxValue);
            if (i < _edges.Count && _edges[i] == at)
                i++;
            if (j < other._edges.Count && other._edges[j] == at)
                j++;
            // A point is inside if an odd number of edges precedes it.
            if (holds(i % 2 == 1, j % 2 == 1) == inside)
                continue;
            inside = !inside;
            edges.Add(at);
        }
        return new(edges.ToValueArray());
    }
}
