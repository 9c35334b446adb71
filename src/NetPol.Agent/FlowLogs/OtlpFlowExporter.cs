using System.Collections.Concurrent;
using NetPol.Model.Policies;
using NetPol.Protocol.Flows;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace NetPol.Agent.FlowLogs;

/// <summary>Log records for a collector, by OTLP. They wait in a bounded queue and nobody waits for them; what finds it full, or is not taken, is counted.</summary>
internal sealed class OtlpFlowExporter : IFlowExporter, IDisposable
{
    private const int MostWaiting = 2048;
    private const int PeriodMilliseconds = 1000;

    private readonly FlowMetrics _meter;
    private readonly CountingLogExporter _exporter;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;

    /// <param name="options">Which collector.</param>
    /// <param name="node">The node that judges.</param>
    /// <param name="meter">Counts what is lost.</param>
    public OtlpFlowExporter(OtlpExporterOptions options, string node, FlowMetrics meter)
    {
        _meter = meter;
        var exporter = new OtlpLogExporter(options);
        _exporter = new(exporter, meter);
        _loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(logs =>
        {
            logs.SetResourceBuilder(ResourceBuilder.CreateDefault().AddService("netpol-agent", serviceInstanceId: node));
            logs.IncludeFormattedMessage = true;
            // In the order in which they end: what waits is exported first.
            logs.AddProcessor(new BatchLogRecordExportProcessor(_exporter, MostWaiting, PeriodMilliseconds));
            logs.AddProcessor(new ResourceProcessor(exporter));
        }));
        _log = _loggers.CreateLogger("netpol.flow");
    }

    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Queue;

    public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        var lost = batch.Lost + _exporter.TakeUnreported();
        for (var i = 0; i < batch.Records.Count; i++)
        {
            if (_exporter.Waiting >= MostWaiting)
            {
                _meter.CountNotExported(FlowLossReason.Queue, batch.Records.Count - i);
                return Task.FromResult(lost + batch.Records.Count - i);
            }
            _exporter.Enqueue(lost);
            var attributes = FlowAttributes.Create(batch.Records[i], lost);
            lost = 0;
            var text = FlowText.Write(batch.Records[i], TimeZoneInfo.Utc);
            _log.Log(LogLevel.Information, default, attributes, null, (_, _) => text);
        }
        return Task.FromResult(lost);
    }

    public void Dispose() => _loggers.Dispose();
}

/// <summary>Knows how many records wait to be exported, and counts those that the collector did not take. Safe for any thread.</summary>
internal sealed class CountingLogExporter(BaseExporter<LogRecord> exporter, FlowMetrics meter) : BaseExporter<LogRecord>
{
    /// <summary>What each of the records tells as lost, in their order.</summary>
    private readonly ConcurrentQueue<long> _waiting = new();
    private long _unreported;

    public int Waiting => _waiting.Count;

    /// <summary>A record comes, which tells that so many were lost before it.</summary>
    public void Enqueue(long lost) => _waiting.Enqueue(lost);

    /// <summary>What the collector did not take since this was asked last, and what it would have been told as lost.</summary>
    public long TakeUnreported() => Interlocked.Exchange(ref _unreported, 0);

    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var count = (int)batch.Count;
        var result = exporter.Export(batch);
        var told = 0L;
        for (var i = 0; i < count && _waiting.TryDequeue(out var lost); i++)
            told += lost;
        if (result == ExportResult.Failure)
        {
            meter.CountNotExported(FlowLossReason.Output, count);
            Interlocked.Add(ref _unreported, count + told);
        }
        return result;
    }
}

/// <summary>A record as attributes of a log record: OpenTelemetry's names where there are some (semantic conventions 1.37), <c>netpol.</c> otherwise.</summary>
internal static class FlowAttributes
{
    /// <param name="record">What to write.</param>
    /// <param name="lost">What should have come since the record before, and did not.</param>
    public static IReadOnlyList<KeyValuePair<string, object?>> Create(FlowRecord record, long lost)
    {
        var attributes = new List<KeyValuePair<string, object?>>
        {
            new("k8s.node.name", record.Node),
            new("network.transport", FlowTerms.Protocol(record).ToLowerInvariant()),
            new("netpol.direction", FlowTerms.Direction(record)),
            new("netpol.verdict", FlowTerms.Verdict(record)),
            new("netpol.tier", FlowTerms.Tier(record.Decision.Tier)),
            new("netpol.start", record.FirstPacketAt.UtcDateTime.ToString("O")),
            new("netpol.end", record.LastPacketAt.UtcDateTime.ToString("O")),
            new("netpol.count", record.Count),
        };
        Add(attributes, "source", record.Source);
        Add(attributes, "destination", record.Destination);
        AddDecider(attributes, record);
        if (record.IcmpType is { } type)
            attributes.Add(new("netpol.icmp.type", (int)type));
        if (lost > 0)
            attributes.Add(new("netpol.lost", lost));
        return attributes;
    }

    private static void Add(List<KeyValuePair<string, object?>> attributes, string end, FlowEndpoint side)
    {
        attributes.Add(new($"{end}.address", side.Address.ToString()));
        if (side.Port is { } port)
            attributes.Add(new($"{end}.port", (int)port));
        if (side.Owner?.Pod is { } pod)
        {
            attributes.Add(new($"netpol.{end}.k8s.namespace.name", pod.Namespace));
            attributes.Add(new($"netpol.{end}.k8s.pod.name", pod.Name));
            foreach (var (key, value) in side.Owner.Labels.Pairs)
                attributes.Add(new($"netpol.{end}.k8s.pod.label.{key}", value));
        }
        else if (side.Owner?.Node is { } node)
        {
            attributes.Add(new($"netpol.{end}.k8s.node.name", node));
        }
    }

    private static void AddDecider(List<KeyValuePair<string, object?>> attributes, FlowRecord record)
    {
        if (record.Decision.Policy is { } policy)
        {
            attributes.Add(new("netpol.policy", policy.ToString()));
            attributes.Add(new("netpol.policy.rule", record.Decision.RuleIndex ?? 0));
            if (record.Decision.RuleName is { } name)
                attributes.Add(new("netpol.policy.rule.name", name));
        }
        if (!record.Decision.IsolatedBy.IsEmpty)
            attributes.Add(new("netpol.isolated_by", record.Decision.IsolatedBy.Select((PolicyId p) => p.ToString()).ToArray()));
    }
}

/// <summary>Exports nothing: an exporter learns only from a processor of its own what process the records are of.</summary>
internal sealed class ResourceProcessor(BaseExporter<LogRecord> exporter) : BaseExportProcessor<LogRecord>(exporter)
{
    protected override void OnExport(LogRecord data)
    {
        // The exporter is called with whole batches, by CountingExporter.
    }
}
