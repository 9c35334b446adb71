using NetPol.Controller.FlowLogs;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Flows;

namespace NetPol.Controller.Tests.Sync;

[TestClass, TestCategory("Unit")]
public sealed class FlowRelayTests
{
    [TestMethod]
    public async Task A_slow_observer_loses_records_and_hears_how_many()
    {
        const int Sent = 10_000;
        var relay = new FlowRelay();
        var observer = new FlowSubscriber(new());
        relay.Subscribe(observer);
        for (var i = 0; i < Sent; i++)
            relay.Publish(new([Denial(i)], 0));
        var heard = 0L;
        var lost = 0L;
        while (heard + lost < Sent)
        {
            var batch = await observer.DequeueAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
            (heard, lost) = (heard + batch.Records.Count, lost + batch.Lost);
        }
        Assert.AreEqual(Sent, heard + lost);
        Assert.IsGreaterThan(0, lost);
    }

    [TestMethod]
    public void The_last_denials_are_remembered_and_no_more_than_some_hundred()
    {
        var relay = new FlowRelay();
        for (var i = 0; i < 2000; i++)
            relay.Publish(new([Denial(i)], 0));
        Assert.HasCount(512, relay.RecentDenials);
        Assert.AreEqual(1999, relay.RecentDenials[^1].Count);
        Assert.AreEqual(2000 - 512, relay.RecentDenials[0].Count);
    }

    [TestMethod]
    public void Agents_send_more_records_while_an_observer_watches()
    {
        var relay = new FlowRelay();
        var idle = relay.Demand;
        var observer = new FlowSubscriber(new());
        relay.Subscribe(observer);
        Assert.IsGreaterThan(idle, relay.Demand);
        relay.Unsubscribe(observer);
        Assert.AreEqual(idle, relay.Demand);
    }

    private static FlowRecord Denial(int number) => new()
    {
        FirstPacketAt = DateTimeOffset.UnixEpoch,
        LastPacketAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "db")]),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), 80),
        Protocol = 6,
        Count = number,
    };
}
