using OpenTelemetry;
using OpenTelemetry.Logs;

namespace NetPol.Agent.Flows;

/// <summary>Knows how many records wait to be exported, and counts those that the collector did not take. Safe for any thread.</summary>
internal sealed class CountingExporter(BaseExporter<LogRecord> exporter, FlowMeter meter) : BaseExporter<LogRecord>
{
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>A record comes.</summary>
    public void Await() => Interlocked.Increment(ref _waiting);

    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var count = (int)batch.Count;
        var result = exporter.Export(batch);
        Interlocked.Add(ref _waiting, -count);
        if (result == ExportResult.Failure)
            meter.Lost(FlowLoss.Output, count);
        return result;
    }
}
