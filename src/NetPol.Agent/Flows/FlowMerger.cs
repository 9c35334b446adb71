using NetPol.Model.Rules;

namespace NetPol.Agent.Flows;

/// <summary>Gathers packets of the same flow and decision for a while, in bounded memory. Not for use by two threads at once.</summary>
/// <param name="window">How long after its first packet a flow is open.</param>
/// <param name="capacity">How many flows can be open.</param>
/// <param name="time">The clock.</param>
internal sealed class FlowMerger(TimeSpan window, int capacity, TimeProvider time)
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
    public IEnumerable<OpenFlow> TakeDue() => Take(window);

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
