using System.Threading.Channels;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;
using FlowRecord = NetPol.Protocol.Flows.FlowRecord;

namespace NetPol.Controller.FlowLogs;

/// <summary>Relays the flow records of the connected agents to subscribers, and keeps the last denials. Safe for any thread.</summary>
internal sealed class FlowRelay
{
    private const int Remembered = 512;

    /// <summary>Records a second from one node without subscribers: enough for the last denials.</summary>
    private const int Trickle = 10;

    /// <summary>Records a second from one node while there is a subscriber.</summary>
    private const int Stream = 1000;

    private readonly Lock _lock = new();
    private readonly Queue<FlowRecord> _denials = new();
    private readonly List<FlowSubscriber> _observers = [];

    /// <summary>The last denials, and what audited policies would have denied; the oldest comes first.</summary>
    public IReadOnlyList<FlowRecord> RecentDenials
    {
        get
        {
            lock (_lock)
                return [.. _denials];
        }
    }

    /// <summary>How many records a second an agent should report.</summary>
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
            _observers.ForEach(o => o.Enqueue(batch));
        }
    }

    /// <summary>Adds a subscriber: it gets all records from now on.</summary>
    /// <returns>The earlier denials that match its filter.</returns>
    public IReadOnlyList<FlowRecord> Subscribe(FlowSubscriber observer)
    {
        lock (_lock)
        {
            _observers.Add(observer);
            return [.. _denials.Where(observer.Matches)];
        }
    }

    public void Unsubscribe(FlowSubscriber observer)
    {
        lock (_lock)
            _observers.Remove(observer);
    }
}

/// <summary>A client that watches flow records. A slow one loses records and gets the number of lost ones.</summary>
internal sealed class FlowSubscriber(FlowFilter filter)
{
    private const int Capacity = 4096;
    private const int Most = 256;
    private readonly Channel<FlowRecord> _records = Channel.CreateBounded<FlowRecord>(Capacity);
    private long _lost;

    public void Enqueue(FlowBatch batch)
    {
        var lost = batch.Lost;
        foreach (var record in batch.Records.Where(Matches))
            lost += _records.Writer.TryWrite(record) ? 0 : 1;
        Interlocked.Add(ref _lost, lost);
    }

    /// <summary>Waits for records, and takes those that are there.</summary>
    public async Task<FlowBatch> DequeueAsync(CancellationToken cancel)
    {
        List<FlowRecord> taken = [await _records.Reader.ReadAsync(cancel)];
        while (taken.Count < Most && _records.Reader.TryRead(out var next))
            taken.Add(next);
        return new(taken, Interlocked.Exchange(ref _lost, 0));
    }

    public bool Matches(FlowRecord record) => (!filter.Denied || record.IsDenied) && (filter.Namespace.Length == 0 || IsOf(record.Source) || IsOf(record.Destination));

    private bool IsOf(Protocol.Flows.FlowEndpoint end) => string.Equals(end.Owner?.Pod?.Namespace, filter.Namespace, StringComparison.Ordinal);
}
