using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>
/// Records on their way to one output. No other waits for it, however slow it is; what finds no room is lost for it alone, and told to it
/// alone.
/// </summary>
internal sealed class FlowOutlet(IFlowSink sink, FlowMeter meter)
{
    private const int Most = 256;

    private readonly FlowQueue _records = new(meter);
    private long _untold;

    public void Put(FlowBatch batch)
    {
        var refused = batch.Records.Count(r => !_records.TryPut(r));
        meter.NotWritten(sink.WhenSlow, refused);
        Interlocked.Add(ref _untold, batch.Lost + refused);
    }

    /// <summary>No more records come.</summary>
    public void Complete() => _records.Complete();

    /// <summary>Writes until no more come. A write that hangs is left behind when <paramref name="cancel"/> says so.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (await _records.TakeAsync(Most, cancel) is { Count: > 0 } records)
        {
            var batch = new FlowBatch(records, Interlocked.Exchange(ref _untold, 0));
            Interlocked.Add(ref _untold, await Task.Run(() => sink.WriteAsync(batch, cancel), cancel).WaitAsync(cancel));
        }
    }
}
