using System.Threading.Channels;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Records on their way to what is slower than where they come from. Bounded; nobody waits for room.</summary>
internal sealed class FlowQueue(FlowMeter meter)
{
    private const int Capacity = 8192;
    private readonly Channel<FlowRecord> _records = Channel.CreateBounded<FlowRecord>(Capacity);

    /// <summary>When it is full, the record is lost for every output, and counted.</summary>
    public void Put(FlowRecord record)
    {
        if (!TryPut(record))
            meter.Lost(FlowLoss.Queue, 1);
    }

    /// <summary>False when it is full.</summary>
    public bool TryPut(FlowRecord record) => _records.Writer.TryWrite(record);

    /// <summary>No more records come.</summary>
    public void Complete() => _records.Writer.TryComplete();

    /// <summary>Waits for a record, and takes those that are there: at most <paramref name="most"/>; none when no more come.</summary>
    public async Task<List<FlowRecord>> TakeAsync(int most, CancellationToken cancel)
    {
        var taken = new List<FlowRecord>();
        await _records.Reader.WaitToReadAsync(cancel);
        while (taken.Count < most && _records.Reader.TryRead(out var next))
            taken.Add(next);
        return taken;
    }
}
