using System.Collections.Concurrent;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace NetPol.Agent.Flows;

/// <summary>Knows how many records wait to be exported, and counts those that the collector did not take. Safe for any thread.</summary>
internal sealed class CountingExporter(BaseExporter<LogRecord> exporter, FlowMeter meter) : BaseExporter<LogRecord>
{
    /// <summary>What each of the records tells as lost, in their order.</summary>
    private readonly ConcurrentQueue<long> _waiting = new();
    private long _untold;

    public int Waiting => _waiting.Count;

    /// <summary>A record comes, which tells that so many were lost before it.</summary>
    public void Await(long lost) => _waiting.Enqueue(lost);

    /// <summary>What the collector did not take since this was asked last, and what it would have been told as lost.</summary>
    public long TakeUntold() => Interlocked.Exchange(ref _untold, 0);

    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var count = (int)batch.Count;
        var result = exporter.Export(batch);
        var told = 0L;
        for (var i = 0; i < count && _waiting.TryDequeue(out var lost); i++)
            told += lost;
        if (result == ExportResult.Failure)
        {
            meter.NotWritten(FlowLoss.Output, count);
            Interlocked.Add(ref _untold, count + told);
        }
        return result;
    }
}
