using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.FlowLogs;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.FlowLogs;

[TestClass, TestCategory("Unit")]
public sealed class FlowAggregatorTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly Decision Decision = Decision.ByDefault(Direction.Egress);
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void Packets_of_one_flow_are_one_record_with_a_count_and_both_times()
    {
        var aggregator = new FlowAggregator(Window, 10, _time);
        var first = _time.GetUtcNow();
        Assert.IsTrue(aggregator.Add(Key(80), Decision, 1000));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.IsTrue(aggregator.Add(Key(80), Decision, 1000));
        Assert.IsEmpty(aggregator.TakeExpired());
        _time.Advance(TimeSpan.FromSeconds(2));
        var flow = Assert.ContainsSingle(aggregator.TakeExpired());
        Assert.AreEqual((2, first, first.AddSeconds(3), (ushort?)1000), (flow.Count, flow.FirstAt, flow.LastAt, flow.SourcePort));
        Assert.IsEmpty(aggregator.TakeExpired());
    }

    [TestMethod]
    public void Connections_from_several_ports_are_one_flow_without_a_port()
    {
        var aggregator = new FlowAggregator(Window, 10, _time);
        foreach (ushort port in (ushort[])[1000, 1001, 1000])
            aggregator.Add(Key(80), Decision, port);
        _time.Advance(Window);
        var flow = Assert.ContainsSingle(aggregator.TakeExpired());
        Assert.AreEqual((3, (ushort?)null), (flow.Count, flow.SourcePort));
    }

    [TestMethod]
    public void At_the_end_flows_are_taken_before_their_time()
    {
        var aggregator = new FlowAggregator(Window, 10, _time);
        aggregator.Add(Key(80), Decision, 1000);
        aggregator.Add(Key(81), Decision, 1000);
        Assert.IsEmpty(aggregator.TakeExpired());
        Assert.AreEqual(2, aggregator.TakeAll().Count());
        Assert.IsEmpty(aggregator.TakeAll());
    }

    [TestMethod]
    public void Flows_end_one_by_one_each_a_window_after_its_first_packet()
    {
        var aggregator = new FlowAggregator(Window, 10, _time);
        aggregator.Add(Key(80), Decision, null);
        _time.Advance(TimeSpan.FromSeconds(1));
        aggregator.Add(Key(81), Decision, null);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.AreEqual((ushort?)80, Assert.ContainsSingle(aggregator.TakeExpired()).Key.Port);
        aggregator.Add(Key(80), Decision, null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual((ushort?)81, Assert.ContainsSingle(aggregator.TakeExpired()).Key.Port);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.AreEqual((ushort?)80, Assert.ContainsSingle(aggregator.TakeExpired()).Key.Port);
    }

    [TestMethod]
    public void A_flow_without_room_is_refused_and_one_that_is_open_goes_on()
    {
        var aggregator = new FlowAggregator(Window, 2, _time);
        Assert.IsTrue(aggregator.Add(Key(80), Decision, null));
        Assert.IsTrue(aggregator.Add(Key(81), Decision, null));
        Assert.IsFalse(aggregator.Add(Key(82), Decision, null));
        Assert.IsTrue(aggregator.Add(Key(80), Decision, null));
        _time.Advance(Window);
        Assert.HasCount(2, aggregator.TakeExpired().ToList());
        Assert.IsTrue(aggregator.Add(Key(82), Decision, null));
    }

    private static FlowKey Key(ushort port) => new(Decision.Id, IpAddress.Parse("10.0.0.1"), IpAddress.Parse("10.0.0.2"), 6, port, null);
}
