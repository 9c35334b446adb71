using NetPol.Model;

namespace NetPol.Compiler.Flattening;

/// <summary>
/// Flattens rules into a port policy: every point (a port of a protocol, or all other traffic) gets the first decision assigned to it. The points
/// between range boundaries form a segment, and an assigned segment is never visited again.
/// </summary>
internal sealed class PortPainter
{
    /// <summary>No decision is assigned.</summary>
    private const int Blank = -1;

    private readonly List<int>[] _starts = [.. Protocols.WithPorts.Select(_ => new List<int>())];
    private readonly int[] _firstSegment = new int[Protocols.WithPorts.Count];
    private int[] _colours = [];
    private int[] _aside = [];
    private int[] _nextBlank = [];
    private int _segments;

    /// <summary>Resets to unassigned segments that no range of <paramref name="ranges"/> splits.</summary>
    public void Begin(List<(Protocol Protocol, PortRange Range)> ranges)
    {
        foreach (var starts in _starts)
        {
            starts.Clear();
            starts.Add(0);
        }
        foreach (var (protocol, range) in ranges)
        {
            var starts = _starts[Place(protocol)];
            starts.Add(range.First);
            if (range.Last < ushort.MaxValue)
                starts.Add(range.Last + 1);
        }
        _segments = 1;
        for (var p = 0; p < _starts.Length; p++)
        {
            Deduplicate(_starts[p]);
            _firstSegment[p] = _segments;
            _segments += _starts[p].Count;
        }
        if (_colours.Length < _segments)
        {
            _colours = new int[_segments * 2];
            _aside = new int[_segments * 2];
            _nextBlank = new int[(_segments * 2) + 1];
        }
        Array.Fill(_colours, Blank, 0, _segments);
        FindBlanks();
    }

    /// <summary>Sets the assignment aside and starts another one with the same segments.</summary>
    public void BeginAnother()
    {
        (_colours, _aside) = (_aside, _colours);
        Array.Fill(_colours, Blank, 0, _segments);
        FindBlanks();
    }

    /// <summary>Combines the assignment that was set aside with the current one.</summary>
    /// <param name="join">Combines the two decisions of a segment.</param>
    public void Join(Func<int, int, int> join)
    {
        for (var i = 0; i < _segments; i++)
            _colours[i] = join(_aside[i], _colours[i]);
    }

    /// <summary>Replaces every decision.</summary>
    public void Recolour(Func<int, int> other)
    {
        for (var i = 0; i < _segments; i++)
            _colours[i] = other(_colours[i]);
    }

    public void PaintEverything(int colour) => Paint(0, _segments, colour);

    public void Paint(Protocol protocol, PortRange range, int colour)
    {
        var p = Place(protocol);
        var starts = _starts[p];
        var first = starts.BinarySearch(range.First);
        var end = range.Last == ushort.MaxValue ? starts.Count : starts.BinarySearch(range.Last + 1);
        Paint(_firstSegment[p] + first, _firstSegment[p] + end, colour);
    }

    /// <summary>Unassigns the segments with the decision <paramref name="colour"/>.</summary>
    public void Lift(int colour)
    {
        for (var i = 0; i < _segments; i++)
        {
            if (_colours[i] == colour)
                _colours[i] = Blank;
        }
        FindBlanks();
    }

    /// <summary>
    /// What is painted, in the canonical form of a profile: the colour of everything else, then place of the protocol, first port, last
    /// port and colour of each range that has another colour. Nothing may be blank.
    /// </summary>
    public void Read(List<int> content)
    {
        content.Clear();
        var otherwise = _colours[0];
        content.Add(otherwise);
        for (var p = 0; p < _starts.Length; p++)
        {
            var starts = _starts[p];
            for (var i = 0; i < starts.Count;)
            {
                var colour = _colours[_firstSegment[p] + i];
                var first = starts[i];
                while (i < starts.Count && _colours[_firstSegment[p] + i] == colour)
                    i++;
                if (colour != otherwise)
                    content.AddRange(p, first, i < starts.Count ? starts[i] - 1 : ushort.MaxValue, colour);
            }
        }
    }

    private static int Place(Protocol protocol) => protocol switch
    {
        Protocol.Tcp => 0,
        Protocol.Udp => 1,
        Protocol.Sctp => 2,
        _ => throw new InvalidOperationException($"{protocol.Name()} has no ports"),
    };

    private static void Deduplicate(List<int> starts)
    {
        starts.Sort();
        var kept = 1;
        for (var i = 1; i < starts.Count; i++)
        {
            if (starts[i] != starts[i - 1])
                starts[kept++] = starts[i];
        }
        starts.RemoveRange(kept, starts.Count - kept);
    }

    private void Paint(int first, int end, int colour)
    {
        for (var i = NextBlank(first); i < end; i = NextBlank(i))
        {
            _colours[i] = colour;
            _nextBlank[i] = i + 1;
        }
    }

    private int NextBlank(int segment)
    {
        var found = segment;
        while (_nextBlank[found] != found)
            found = _nextBlank[found];
        while (_nextBlank[segment] != found && segment != found)
            (_nextBlank[segment], segment) = (found, _nextBlank[segment]);
        return found;
    }

    private void FindBlanks()
    {
        _nextBlank[_segments] = _segments;
        for (var i = _segments - 1; i >= 0; i--)
            _nextBlank[i] = _colours[i] == Blank ? i : _nextBlank[i + 1];
    }
}
