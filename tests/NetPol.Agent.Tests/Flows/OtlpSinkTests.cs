using NetPol.Agent.Flows;
using NetPol.Protocol.Flows;
using OpenTelemetry.Exporter;

namespace NetPol.Agent.Tests.Flows;

[TestClass, TestCategory("Unit")]
public sealed class OtlpSinkTests
{
    [TestMethod]
    [DataRow(3, DisplayName = "that a collector does not take")]
    [DataRow(10_000, DisplayName = "that find the queue full")]
    public async Task Every_record_is_counted_and_is_to_be_told(int records)
    {
        using var meters = new FlowMeters();
        // Nobody listens there.
        var sink = new OtlpSink(new() { Protocol = OtlpExportProtocol.HttpProtobuf, Endpoint = new("http://127.0.0.1:1/v1/logs") }, "n1", meters.Meter);
        var atOnce = await sink.WriteAsync(SomeFlows.Batch(records, lost: 5), CancellationToken.None);
        sink.Dispose();
        var later = await sink.WriteAsync(new FlowBatch([], 0), CancellationToken.None);
        Assert.AreEqual(records, meters.Lost(FlowLoss.Queue) + meters.Lost(FlowLoss.Output));
        Assert.AreEqual(records + 5, atOnce + later);
    }
}
