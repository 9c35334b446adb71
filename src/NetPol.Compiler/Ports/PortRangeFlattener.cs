using NetPol.Model.Net;

namespace NetPol.Compiler.Ports;

/// <summary>
/// Flattens rules into a port policy: every point (a port of a protocol, or all other traffic) gets the first decision assigned to it. The points
/// between range boundaries form a segment, and an assigned segment is never visited again.
/// </summary>
internal sealed class PortRangeFlattener
{
    /// <summary>No decision is assigned.</summary>
    private const int Unassigned = -1;

    private readonly List<int>[] _starts = [.. Protocols.WithPorts.Select(_ => new List<int>())];
    private readonly int[] _firstSegment = new int[Protocols.WithPorts.Count];
    private int[] _decisions = [];
    private int[] _setAside = [];
    private int[] _nextUnassigned = [];
    private int _segments;

    /// <summary>Resets to unassigned segments that no range of <paramref name="ranges"/> splits.</summary>
    public void Reset(List<(Protocol Protocol, PortRange Range)> ranges)
    {
        foreach (var starts in _starts)
        {
            starts.Clear();
            starts.Add(0);
        }
        foreach (var (protocol, range) in ranges)
        {
            var starts = _starts[ProtocolIndex(protocol)];
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
        if (_decisions.Length < _segments)
        {
            _decisions = new int[_segments * 2];
            _setAside = new int[_segments * 2];
            _nextUnassigned = new int[(_segments * 2) + 1];
        }
        Array.Fill(_decisions, Unassigned, 0, _segments);
        FindUnassigned();
    }

    /// <summary>Sets the assignment aside and starts another one with the same segments.</summary>
    public void SetAside()
    {
        (_decisions, _setAside) = (_setAside, _decisions);
        Array.Fill(_decisions, Unassigned, 0, _segments);
        FindUnassigned();
    }

    /// <summary>Combines the assignment that was set aside with the current one.</summary>
    /// <param name="combine">Combines the two decisions of a segment.</param>
    public void Combine(Func<int, int, int> combine)
    {
        for (var i = 0; i < _segments; i++)
            _decisions[i] = combine(_setAside[i], _decisions[i]);
    }

    /// <summary>Replaces every decision by the result of a function.</summary>
    public void Replace(Func<int, int> replace)
    {
        for (var i = 0; i < _segments; i++)
            _decisions[i] = replace(_decisions[i]);
    }

    public void AssignEverything(int decision) => Assign(0, _segments, decision);

    public void Assign(Protocol protocol, PortRange range, int decision)
    {
        var p = ProtocolIndex(protocol);
        var starts = _starts[p];
        var first = starts.BinarySearch(range.First);
        var end = range.Last == ushort.MaxValue ? starts.Count : starts.BinarySearch(range.Last + 1);
        Assign(_firstSegment[p] + first, _firstSegment[p] + end, decision);
    }

    /// <summary>Unassigns the segments with this decision.</summary>
    public void Unassign(int decision)
    {
        for (var i = 0; i < _segments; i++)
        {
            if (_decisions[i] == decision)
                _decisions[i] = Unassigned;
        }
        FindUnassigned();
    }

    /// <summary>
    /// Writes the assignment in canonical form: the default decision, then protocol index, first port, last port and decision of each range with
    /// another decision. Every segment must be assigned.
    /// </summary>
    public void Read(List<int> content)
    {
        content.Clear();
        var defaultDecision = _decisions[0];
        content.Add(defaultDecision);
        for (var p = 0; p < _starts.Length; p++)
        {
            var starts = _starts[p];
            for (var i = 0; i < starts.Count;)
            {
                var decision = _decisions[_firstSegment[p] + i];
                var first = starts[i];
                while (i < starts.Count && _decisions[_firstSegment[p] + i] == decision)
                    i++;
                if (decision != defaultDecision)
                    content.AddRange(p, first, i < starts.Count ? starts[i] - 1 : ushort.MaxValue, decision);
            }
        }
    }

    private static int ProtocolIndex(Protocol protocol) => protocol switch
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

    private void Assign(int first, int end, int decision)
    {
        for (var i = NextUnassigned(first); i < end; i = NextUnassigned(i))
        {
            _decisions[i] = decision;
            _nextUnassigned[i] = i + 1;
        }
    }

    private int NextUnassigned(int segment)
    {
        var found = segment;
        while (_nextUnassigned[found] != found)
            found = _nextUnassigned[found];
        while (_nextUnassigned[segment] != found && segment != found)
            (_nextUnassigned[segment], segment) = (found, _nextUnassigned[segment]);
        return found;
    }

    private void FindUnassigned()
    {
        _nextUnassigned[_segments] = _segments;
        for (var i = _segments - 1; i >= 0; i--)
            _nextUnassigned[i] = _decisions[i] == Unassigned ? i : _nextUnassigned[i + 1];
    }
}
