using OpenTelemetry;
using OpenTelemetry.Logs;

namespace NetPol.Agent.Flows;

/// <summary>Exports nothing: an exporter learns only from a processor of its own what process the records are of.</summary>
internal sealed class ResourceLender(BaseExporter<LogRecord> exporter) : BaseExportProcessor<LogRecord>(exporter)
{
    protected override void OnExport(LogRecord data)
    {
        // The exporter is called with whole batches, by CountingExporter.
    }
}
