using NetPol.Protocol.Flows;

namespace NetPol.Controller.Flows;

/// <summary>What the agents that follow this controller tell of connections, for whoever watches; and the last denials. Safe for any thread.</summary>
internal sealed class FlowHub
{
    private const int Remembered = 512;

    /// <summary>Records in a second from one node, that the last denials may be known.</summary>
    private const int Trickle = 10;

    /// <summary>Records in a second from one node while somebody watches.</summary>
    private const int Stream = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<FlowRecord> _denials = new();
    private readonly List<FlowObserver> _observers = [];

    /// <summary>The last denials, and what audited policies would have denied; the oldest comes first.</summary>
    public IReadOnlyList<FlowRecord> RecentDenials
    {
        get
        {
            lock (_lock)
                return [.. _denials];
        }
    }

    /// <summary>How many records in a second an agent should tell.</summary>
    public int Demand
    {
        get
        {
            lock (_lock)
                return _observers.Count > 0 ? Stream : Trickle;
        }
    }

    public void Publish(FlowBatch batch)
    {
        lock (_lock)
        {
            foreach (var record in batch.Records.Where(r => r.IsDenied))
            {
                if (_denials.Count == Remembered)
                    _denials.Dequeue();
                _denials.Enqueue(record);
            }
            _observers.ForEach(o => o.Offer(batch));
        }
    }

    /// <summary>Lets the observer hear what comes from now on.</summary>
    /// <returns>The last denials before that which it wants.</returns>
    public IReadOnlyList<FlowRecord> Enter(FlowObserver observer)
    {
        lock (_lock)
        {
            _observers.Add(observer);
            return [.. _denials.Where(observer.Wants)];
        }
    }

    public void Leave(FlowObserver observer)
    {
        lock (_lock)
            _observers.Remove(observer);
    }
}
