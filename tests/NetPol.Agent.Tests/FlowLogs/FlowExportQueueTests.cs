using NetPol.Agent.FlowLogs;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.FlowLogs;

[TestClass, TestCategory("Unit")]
public sealed class FlowExportQueueTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    [TestMethod]
    public async Task Records_that_an_output_refused_are_reported_in_its_next_batch_only()
    {
        using var meters = new RecordedFlowMetrics();
        CollectingExporter failing = new(refused: 2), other = new();
        List<FlowExportQueue> queues = [new(failing, meters.Meter), new(other, meters.Meter)];
        var running = queues.ConvertAll(o => o.RunAsync(CancellationToken.None));
        for (var i = 1; i <= 3; i++)
        {
            queues.ForEach(o => o.Enqueue(SampleFlows.Batch(10, lost: 1)));
            await Task.WhenAll(failing.WhenReached(10 * i), other.WhenReached(10 * i)).WaitAsync(Timeout);
        }
        queues.ForEach(o => o.Complete());
        await Task.WhenAll(running).WaitAsync(Timeout);
        Assert.AreEqual((10 + 1) + (10 + 1) + 1, failing.Lost);
        Assert.AreEqual(3, other.Lost);
        Assert.AreEqual(0, meters.Meter.TakeUnreported());
    }

    [TestMethod]
    public async Task A_write_that_does_not_return_is_left_behind()
    {
        using var meters = new RecordedFlowMetrics();
        using var exporter = new HangingExporter();
        using var end = new CancellationTokenSource();
        var queue = new FlowExportQueue(exporter, meters.Meter);
        queue.Enqueue(SampleFlows.Batch(1));
        queue.Complete();
        var running = Task.Run(() => queue.RunAsync(end.Token));
        await exporter.Hangs.WaitAsync(Timeout);
        await end.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running.WaitAsync(Timeout));
    }

    private sealed class HangingExporter : IFlowExporter, IDisposable
    {
        private readonly TaskCompletionSource _hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _returns = new();

        public FlowLossReason LossReasonWhenSlow => FlowLossReason.Queue;

        public Task Hangs => _hangs.Task;

        public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
        {
            _hangs.SetResult();
            _returns.Wait(CancellationToken.None);
            return Task.FromResult(0L);
        }

        public void Dispose() => _returns.Set();
    }
}
