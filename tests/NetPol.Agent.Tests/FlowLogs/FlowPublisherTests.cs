using System.IO.Pipes;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.FlowLogs;
using NetPol.Agent.Sync;

namespace NetPol.Agent.Tests.FlowLogs;

/// <summary>One output is a pipe: a write into it does not return while the other end does not read.</summary>
[TestClass, TestCategory("Unit")]
public sealed class FlowPublisherTests : IDisposable
{
    private const int Many = 20_000;
    private const int AtOnce = 4_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly RecordedFlowMetrics _meters = new();
    private readonly FakeTimeProvider _time = new();
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out);
    private readonly CollectingExporter _other = new();
    private readonly FlowRecordQueue _queue;
    private readonly FlowPublisher _publisher;

    public FlowPublisherTests()
    {
        _queue = new(_meters.Meter);
        _publisher = new(_queue, new(new ActiveController(), _time), [new JsonLinesExporter(_pipe, _meters.Meter), _other], _meters.Meter, _time);
    }

    public void Dispose()
    {
        _pipe.DisposeLocalCopyOfClientHandle();
        _pipe.Dispose();
        _publisher.Dispose();
        _meters.Dispose();
    }

    [TestMethod]
    public async Task A_blocked_output_delays_neither_other_outputs_nor_the_shutdown()
    {
        await PublishAsync();
        Assert.AreEqual(0, _other.Lost);
        Assert.IsGreaterThan(0, _meters.Lost(FlowLossReason.Queue));
        _queue.Complete();
        var stopping = _publisher.StopAsync(CancellationToken.None);
        _time.Advance(FlowPublisher.ShutdownTimeout);
        await stopping.WaitAsync(Timeout);
        Assert.IsTrue(_publisher.ExecuteTask!.IsCompleted);
    }

    [TestMethod]
    public async Task An_output_that_is_read_late_reports_every_lost_record()
    {
        await PublishAsync();
        _queue.Complete();
        using var reader = new StreamReader(new AnonymousPipeClientStream(PipeDirection.In, _pipe.ClientSafePipeHandle));
        long records = 0, lost = 0;
        while (records + lost < Many)
        {
            using var line = JsonDocument.Parse((await reader.ReadLineAsync().WaitAsync(Timeout))!);
            records++;
            lost += line.RootElement.TryGetProperty("lost", out var reported) ? reported.GetInt64() : 0;
        }
        await _publisher.ExecuteTask!.WaitAsync(Timeout);
        Assert.AreEqual((Many, _meters.Lost(FlowLossReason.Queue)), (records + lost, lost));
    }

    /// <summary>More records than the pipe and what is before it have room for.</summary>
    private async Task PublishAsync()
    {
        await _publisher.StartAsync(CancellationToken.None);
        for (var put = 0; put < Many; put += AtOnce)
        {
            foreach (var record in SampleFlows.Records(AtOnce))
                _queue.Enqueue(record);
            await _other.WhenReached(put + AtOnce).WaitAsync(Timeout);
        }
    }
}
