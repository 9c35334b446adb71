using NetPol.Agent.Flows;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.Flows;

[TestClass, TestCategory("Unit")]
public sealed class FlowOutletTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [TestMethod]
    public async Task What_an_output_refused_is_told_to_it_with_what_it_takes_next_and_to_no_other()
    {
        using var meters = new FlowMeters();
        CollectingSink failing = new(refused: 2), other = new();
        List<FlowOutlet> outlets = [new(failing, meters.Meter), new(other, meters.Meter)];
        var running = outlets.ConvertAll(o => o.RunAsync(CancellationToken.None));
        for (var i = 1; i <= 3; i++)
        {
            outlets.ForEach(o => o.Put(SomeFlows.Batch(10, lost: 1)));
            await Task.WhenAll(failing.WhenReached(10 * i), other.WhenReached(10 * i)).WaitAsync(Patience);
        }
        outlets.ForEach(o => o.Complete());
        await Task.WhenAll(running).WaitAsync(Patience);
        Assert.AreEqual((10 + 1) + (10 + 1) + 1, failing.Lost);
        Assert.AreEqual(3, other.Lost);
        Assert.AreEqual(0, meters.Meter.TakeUntold());
    }

    [TestMethod]
    public async Task A_write_that_does_not_return_is_left_behind()
    {
        using var meters = new FlowMeters();
        using var sink = new HangingSink();
        using var end = new CancellationTokenSource();
        var outlet = new FlowOutlet(sink, meters.Meter);
        outlet.Put(SomeFlows.Batch(1));
        outlet.Complete();
        var running = Task.Run(() => outlet.RunAsync(end.Token));
        await sink.Hangs.WaitAsync(Patience);
        await end.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
    }

    private sealed class HangingSink : IFlowSink, IDisposable
    {
        private readonly TaskCompletionSource _hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _returns = new();

        public FlowLoss WhenSlow => FlowLoss.Queue;

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
