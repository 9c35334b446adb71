using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.FlowLogs;

/// <summary>Gathers packets of the same flow and decision for a while, in bounded memory. Not for use by two threads at once.</summary>
/// <param name="window">How long after its first packet a flow is open.</param>
/// <param name="capacity">How many flows can be open.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowAggregator(TimeSpan window, int capacity, TimeProvider time)
{
    private readonly Dictionary<FlowKey, OpenFlow> _open = [];
    private readonly Queue<OpenFlow> _order = new();

    /// <summary>Counts a packet; false when it begins a flow that there is no room for.</summary>
    public bool Add(FlowKey key, Decision decision, ushort? sourcePort)
    {
        var now = time.GetUtcNow();
        if (_open.TryGetValue(key, out var flow))
        {
            flow.Add(sourcePort, now);
            return true;
        }
        if (_open.Count == capacity)
            return false;
        flow = new(key, decision, sourcePort, now, time.GetTimestamp());
        _open.Add(key, flow);
        _order.Enqueue(flow);
        return true;
    }

    /// <summary>Closes the flows whose time is over; the oldest comes first.</summary>
    public IEnumerable<OpenFlow> TakeExpired() => Take(window);

    /// <summary>Closes all flows; the oldest comes first.</summary>
    public IEnumerable<OpenFlow> TakeAll() => Take(TimeSpan.Zero);

    private IEnumerable<OpenFlow> Take(TimeSpan age)
    {
        while (_order.TryPeek(out var flow) && time.GetElapsedTime(flow.FirstTimestamp) >= age)
        {
            _order.Dequeue();
            _open.Remove(flow.Key);
            yield return flow;
        }
    }
}

/// <summary>Finds decisions by the names that the kernel tells, also of the rules before the latest: their packets may still be on the way. Not for use by two threads at once.</summary>
/// <param name="current">What is enforced; null before the first rules of this run.</param>
internal sealed class DecisionLookup(Func<NodeRuleSet?> current)
{
    private NodeRuleSet? _latest;
    private NodeRuleSet? _before;

    /// <summary>Null for one that nothing is known of.</summary>
    public Decision? Find(DecisionId id)
    {
        var now = current();
        if (!ReferenceEquals(now, _latest))
            (_before, _latest) = (_latest, now);
        return Find(_latest, id) ?? Find(_before, id);
    }

    private static Decision? Find(NodeRuleSet? rules, DecisionId id)
    {
        if (rules is null)
            return null;
        var sorted = rules.Decisions.Span;
        int low = 0, high = sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = sorted[middle].Id.CompareTo(id);
            if (order == 0)
                return sorted[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }
}

/// <summary>What packets have in common that one record tells of. The source's port is no part of it: every attempt to connect has another one.</summary>
internal readonly record struct FlowKey(DecisionId Decision, IpAddress Source, IpAddress Destination, byte Protocol, ushort? Port, byte? IcmpType);

/// <summary>A flow that packets are still counted for.</summary>
/// <param name="key">What its packets have in common.</param>
/// <param name="decision">What they met.</param>
/// <param name="sourcePort">Of the first packet.</param>
/// <param name="at">When that came.</param>
/// <param name="timestamp">The same, by the clock that never jumps.</param>
internal sealed class OpenFlow(FlowKey key, Decision decision, ushort? sourcePort, DateTimeOffset at, long timestamp)
{
    public FlowKey Key { get; } = key;

    public Decision Decision { get; } = decision;

    /// <summary>Null also when the packets had several.</summary>
    public ushort? SourcePort { get; private set; } = sourcePort;

    public DateTimeOffset FirstAt { get; } = at;

    public DateTimeOffset LastAt { get; private set; } = at;

    public long FirstTimestamp { get; } = timestamp;

    public long Count { get; private set; } = 1;

    public void Add(ushort? port, DateTimeOffset at)
    {
        if (SourcePort != port)
            SourcePort = null;
        LastAt = at;
        Count++;
    }
}
