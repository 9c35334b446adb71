using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.FlowLogs;

/// <summary>Merges packets of the same flow and decision within a time window, in bounded memory. Not for use by two threads at once.</summary>
/// <param name="window">The time from a flow's first packet until the flow is closed.</param>
/// <param name="capacity">The most flows that can be open.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowAggregator(TimeSpan window, int capacity, TimeProvider time)
{
    private readonly Dictionary<FlowKey, OpenFlow> _open = [];
    private readonly Queue<OpenFlow> _order = new();

    /// <summary>Counts a packet. False if it begins a flow and the capacity is reached.</summary>
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

    /// <summary>Closes the flows whose window is over, and returns them, oldest first.</summary>
    public IEnumerable<OpenFlow> TakeExpired() => Take(window);

    /// <summary>Closes all flows and returns them, oldest first.</summary>
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

/// <summary>Finds decisions by id, in the current rules and in those before them, because log messages of the earlier rules may still arrive. Not for use by two threads at once.</summary>
/// <param name="current">Returns the programmed rules; null before the first rules of this run.</param>
internal sealed class DecisionLookup(Func<NodeRuleSet?> current)
{
    private NodeRuleSet? _latest;
    private NodeRuleSet? _before;

    /// <summary>The decision; null if neither rule set has it.</summary>
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

/// <summary>The properties that packets of one record share. The source port is not part of it, because every connection attempt has another one.</summary>
internal readonly record struct FlowKey(DecisionId Decision, IpAddress Source, IpAddress Destination, byte Protocol, ushort? Port, byte? IcmpType);

/// <summary>A flow that still counts packets.</summary>
/// <param name="key">The properties that its packets share.</param>
/// <param name="decision">The decision that logged them.</param>
/// <param name="sourcePort">The source port of the first packet.</param>
/// <param name="at">The arrival of the first packet.</param>
/// <param name="timestamp">The same moment as a timestamp of the monotonic clock.</param>
internal sealed class OpenFlow(FlowKey key, Decision decision, ushort? sourcePort, DateTimeOffset at, long timestamp)
{
    public FlowKey Key { get; } = key;

    public Decision Decision { get; } = decision;

    /// <summary>Null if the protocol has no ports, or if the packets had several.</summary>
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
