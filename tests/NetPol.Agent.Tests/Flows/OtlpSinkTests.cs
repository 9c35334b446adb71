using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Flows;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Flows;
using OpenTelemetry.Exporter;

namespace NetPol.Agent.Tests.Flows;

[TestClass]
public sealed class OtlpSinkTests
{
    private static readonly FlowRecord Record = new()
    {
        FirstAt = DateTimeOffset.UnixEpoch,
        LastAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByDefault(Direction.Egress),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), 80),
        Protocol = 6,
        Count = 1,
    };

    [TestMethod]
    [DataRow(3, DisplayName = "that a collector does not take")]
    [DataRow(10_000, DisplayName = "that find the queue full")]
    public async Task Every_record_is_counted(int records)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meter = new FlowMeter(services.GetRequiredService<IMeterFactory>());
        // Nobody listens there.
        using (var sink = new OtlpSink(new() { Protocol = OtlpExportProtocol.HttpProtobuf, Endpoint = new("http://127.0.0.1:1/v1/logs") }, "n1", meter))
            await sink.WriteAsync(new([.. Enumerable.Repeat(Record, records)], 0), CancellationToken.None);
        Assert.AreEqual(records, meter.TakeUntold());
    }
}
