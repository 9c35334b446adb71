using NetPol.Controller.Flows;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Flows;

namespace NetPol.Controller.Tests.Streaming;

[TestClass, TestCategory("Unit")]
public sealed class FlowHubTests
{
    [TestMethod]
    public async Task A_slow_observer_loses_records_and_hears_how_many()
    {
        const int Sent = 10_000;
        var hub = new FlowHub();
        var observer = new FlowObserver(new());
        hub.Enter(observer);
        for (var i = 0; i < Sent; i++)
            hub.Publish(new([Denial(i)], 0));
        var heard = 0L;
        var lost = 0L;
        while (heard + lost < Sent)
        {
            var batch = await observer.TakeAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
            (heard, lost) = (heard + batch.Records.Count, lost + batch.Lost);
        }
        Assert.AreEqual(Sent, heard + lost);
        Assert.IsGreaterThan(0, lost);
    }

    [TestMethod]
    public void The_last_denials_are_remembered_and_no_more_than_some_hundred()
    {
        var hub = new FlowHub();
        for (var i = 0; i < 2000; i++)
            hub.Publish(new([Denial(i)], 0));
        Assert.HasCount(512, hub.RecentDenials);
        Assert.AreEqual(1999, hub.RecentDenials[^1].Count);
        Assert.AreEqual(2000 - 512, hub.RecentDenials[0].Count);
    }

    [TestMethod]
    public void Agents_tell_more_while_somebody_watches()
    {
        var hub = new FlowHub();
        var idle = hub.Demand;
        var observer = new FlowObserver(new());
        hub.Enter(observer);
        Assert.IsGreaterThan(idle, hub.Demand);
        hub.Leave(observer);
        Assert.AreEqual(idle, hub.Demand);
    }

    private static FlowRecord Denial(int number) => new()
    {
        FirstAt = DateTimeOffset.UnixEpoch,
        LastAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "db")]),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), 80),
        Protocol = 6,
        Count = number,
    };
}
