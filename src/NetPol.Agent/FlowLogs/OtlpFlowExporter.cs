using System.Collections.Concurrent;
using NetPol.Model.Policies;
using NetPol.Protocol.Flows;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace NetPol.Agent.FlowLogs;

/// <summary>Sends records to a collector as OTLP log records, through a bounded queue. It counts records that the full queue or the collector refuses.</summary>
internal sealed class OtlpFlowExporter : IFlowExporter, IDisposable
{
    private const int MaxWaiting = 2048;
    private const int PeriodMilliseconds = 1000;

    private readonly FlowMetrics _meter;
    private readonly CountingLogExporter _exporter;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;

    /// <param name="options">The collector's address and protocol.</param>
    /// <param name="node">The name of this node.</param>
    /// <param name="meter">Counts losses.</param>
    public OtlpFlowExporter(OtlpExporterOptions options, string node, FlowMetrics meter)
    {
        _meter = meter;
        var exporter = new OtlpLogExporter(options);
        _exporter = new(exporter, meter);
        _loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(logs =>
        {
            logs.SetResourceBuilder(ResourceBuilder.CreateDefault().AddService("netpol-agent", serviceInstanceId: node));
            logs.IncludeFormattedMessage = true;
            // This order is the order of their shutdown: waiting records are exported first.
            logs.AddProcessor(new BatchLogRecordExportProcessor(_exporter, MaxWaiting, PeriodMilliseconds));
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
            if (_exporter.Waiting >= MaxWaiting)
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

/// <summary>Counts the records that wait for the collector, and those that the collector refuses. Safe for any thread.</summary>
internal sealed class CountingLogExporter(BaseExporter<LogRecord> exporter, FlowMetrics meter) : BaseExporter<LogRecord>
{
    /// <summary>The number of losses that each waiting record reports, in their order.</summary>
    private readonly ConcurrentQueue<long> _waiting = new();
    private long _unreported;

    public int Waiting => _waiting.Count;

    /// <summary>Adds a waiting record that reports this number of losses.</summary>
    public void Enqueue(long lost) => _waiting.Enqueue(lost);

    /// <summary>Returns the number of records that the collector refused since the last call, and of the losses that they would have reported.</summary>
    public long TakeUnreported() => Interlocked.Exchange(ref _unreported, 0);

    public override ExportResult Export(in Batch<LogRecord> batch)
    {
        var count = (int)batch.Count;
        var result = exporter.Export(batch);
        var reported = 0L;
        for (var i = 0; i < count && _waiting.TryDequeue(out var lost); i++)
            reported += lost;
        if (result == ExportResult.Failure)
        {
            meter.CountNotExported(FlowLossReason.Output, count);
            Interlocked.Add(ref _unreported, count + reported);
        }
        return result;
    }
}

/// <summary>A record as attributes of a log record: OpenTelemetry's names where they exist (semantic conventions 1.37), else names with the prefix <c>netpol.</c>.</summary>
internal static class FlowAttributes
{
    /// <param name="record">What to write.</param>
    /// <param name="lost">The number of records lost since the record before.</param>
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

/// <summary>Exports nothing. An exporter gets the resource of its records only from a processor of its own.</summary>
internal sealed class ResourceProcessor(BaseExporter<LogRecord> exporter) : BaseExportProcessor<LogRecord>(exporter)
{
    protected override void OnExport(LogRecord data)
    {
        // CountingLogExporter calls the exporter with whole batches.
    }
}
