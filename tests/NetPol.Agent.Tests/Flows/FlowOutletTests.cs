using NetPol.Agent.Flows;

namespace NetPol.Agent.Tests.Flows;

[TestClass]
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
}
