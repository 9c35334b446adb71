using NetPol.Protocol.Flows;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;

namespace NetPol.Agent.Flows;

/// <summary>Log records for a collector, by OTLP. They wait in a bounded queue and nobody waits for them; what finds it full, or is not taken, is counted.</summary>
internal sealed class OtlpSink : IFlowSink, IDisposable
{
    private const int MostWaiting = 2048;
    private const int PeriodMilliseconds = 1000;

    private readonly FlowMeter _meter;
    private readonly CountingExporter _exporter;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _log;

    /// <param name="options">Which collector.</param>
    /// <param name="node">The node that judges.</param>
    /// <param name="meter">Counts what is lost.</param>
    public OtlpSink(OtlpExporterOptions options, string node, FlowMeter meter)
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
            logs.AddProcessor(new ResourceLender(exporter));
        }));
        _log = _loggers.CreateLogger("netpol.flow");
    }

    public FlowLoss WhenSlow => FlowLoss.Queue;

    public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        var lost = batch.Lost + _exporter.TakeUntold();
        for (var i = 0; i < batch.Records.Count; i++)
        {
            if (_exporter.Waiting >= MostWaiting)
            {
                _meter.NotWritten(FlowLoss.Queue, batch.Records.Count - i);
                return Task.FromResult(lost + batch.Records.Count - i);
            }
            _exporter.Await(lost);
            var attributes = FlowAttributes.Of(batch.Records[i], lost);
            lost = 0;
            var text = FlowText.Write(batch.Records[i], TimeZoneInfo.Utc);
            _log.Log(LogLevel.Information, default, attributes, null, (_, _) => text);
        }
        return Task.FromResult(lost);
    }

    public void Dispose() => _loggers.Dispose();
}
