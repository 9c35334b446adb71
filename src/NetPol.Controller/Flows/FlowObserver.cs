using System.Threading.Channels;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;
using FlowRecord = NetPol.Protocol.Flows.FlowRecord;

namespace NetPol.Controller.Flows;

/// <summary>Someone who watches flow records. One who is slow loses some, and hears how many.</summary>
internal sealed class FlowObserver(FlowFilter filter)
{
    private const int Capacity = 4096;
    private const int Most = 256;
    private readonly Channel<FlowRecord> _records = Channel.CreateBounded<FlowRecord>(Capacity);
    private long _lost;

    public void Offer(FlowBatch batch)
    {
        var lost = batch.Lost;
        foreach (var record in batch.Records.Where(Wants))
            lost += _records.Writer.TryWrite(record) ? 0 : 1;
        Interlocked.Add(ref _lost, lost);
    }

    /// <summary>Waits for records, and takes those that are there.</summary>
    public async Task<FlowBatch> TakeAsync(CancellationToken cancel)
    {
        List<FlowRecord> taken = [await _records.Reader.ReadAsync(cancel)];
        while (taken.Count < Most && _records.Reader.TryRead(out var next))
            taken.Add(next);
        return new(taken, Interlocked.Exchange(ref _lost, 0));
    }

    public bool Wants(FlowRecord record) => (!filter.Denied || record.IsDenied) && (filter.Namespace.Length == 0 || IsOf(record.Source) || IsOf(record.Destination));

    private bool IsOf(Protocol.Flows.FlowEnd end) => string.Equals(end.Owner?.Pod?.Namespace, filter.Namespace, StringComparison.Ordinal);
}
