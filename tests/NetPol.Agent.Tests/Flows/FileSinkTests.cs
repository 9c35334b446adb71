using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Flows;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.Flows;

[TestClass]
public sealed class FileSinkTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("npt-flows-").FullName;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    private FlowMeter Meter => field ??= new(_services.GetRequiredService<IMeterFactory>());

    private string Log => Path.Combine(_folder, "flows.log");

    [TestCleanup]
    public void Clean()
    {
        Directory.Delete(_folder, recursive: true);
        _services.Dispose();
    }

    [TestMethod]
    public async Task Lines_are_appended_to_whatever_has_the_name_now()
    {
        var sink = Sink(1 << 20);
        await sink.WriteAsync(Batch(2, lost: 5), CancellationToken.None);
        await sink.WriteAsync(Batch(1), CancellationToken.None);
        var lines = File.ReadAllLines(Log);
        Assert.HasCount(3, lines);
        Assert.EndsWith("\"count\":1,\"lost\":5}", lines[0]);
        Assert.EndsWith("\"count\":1}", lines[1]);
        File.Move(Log, Log + ".old");
        await sink.WriteAsync(Batch(1), CancellationToken.None);
        Assert.HasCount(1, File.ReadAllLines(Log));
    }

    [TestMethod]
    public async Task A_file_that_nobody_rotates_is_bounded()
    {
        var sink = Sink(1000);
        for (var i = 0; i < 50; i++)
            await sink.WriteAsync(Batch(1), CancellationToken.None);
        CollectionAssert.AreEquivalent(new[] { Log, Log + ".1" }, Directory.GetFiles(_folder));
        var line = new FileInfo(Log + ".1").Length / File.ReadAllLines(Log + ".1").Length;
        Assert.IsLessThan(1000 + line, new FileInfo(Log + ".1").Length);
    }

    [TestMethod]
    public async Task What_cannot_be_written_is_counted()
    {
        var sink = new FileSink(_folder, 1000, Meter, NullLogger<FileSink>.Instance);
        await sink.WriteAsync(Batch(3), CancellationToken.None);
        Assert.AreEqual(3, Meter.TakeUntold());
    }

    private FileSink Sink(long maxBytes) => new(Log, maxBytes, Meter, NullLogger<FileSink>.Instance);

    private static FlowBatch Batch(int count, long lost = 0) => new([.. Enumerable.Range(0, count).Select(i => new FlowRecord
    {
        FirstAt = DateTimeOffset.UnixEpoch,
        LastAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByDefault(Direction.Egress),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), (ushort)(80 + i)),
        Protocol = 6,
        Count = 1,
    })], lost);
}
