using NetPol.Agent.FlowLogs;
using NetPol.Protocol.Flows;
using OpenTelemetry.Exporter;

namespace NetPol.Agent.Tests.FlowLogs;

[TestClass, TestCategory("Unit")]
public sealed class OtlpFlowExporterTests
{
    [TestMethod]
    [DataRow(3, DisplayName = "that a collector does not take")]
    [DataRow(10_000, DisplayName = "that find the queue full")]
    public async Task Every_lost_record_is_counted_and_reported(int records)
    {
        using var meters = new RecordedFlowMetrics();
        // No collector listens on this port.
        var exporter = new OtlpFlowExporter(new() { Protocol = OtlpExportProtocol.HttpProtobuf, Endpoint = new("http://127.0.0.1:1/v1/logs") }, "n1", meters.Meter);
        var atOnce = await exporter.WriteAsync(SampleFlows.Batch(records, lost: 5), CancellationToken.None);
        exporter.Dispose();
        var later = await exporter.WriteAsync(new FlowBatch([], 0), CancellationToken.None);
        Assert.AreEqual(records, meters.Lost(FlowLossReason.Queue) + meters.Lost(FlowLossReason.Output));
        Assert.AreEqual(records + 5, atOnce + later);
    }
}
