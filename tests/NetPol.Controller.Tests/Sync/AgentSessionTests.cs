using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Protocol.RuleSets;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Sync;

[TestClass, TestCategory("Unit")]
public sealed class AgentSessionTests
{
    private readonly PausedTimeProvider _time = new();
    private readonly RuleSetStore _store;
    private readonly FakeStream _stream = new();
    private readonly UpdateReader _reader = new("n1");
    private int _address;

    public AgentSessionTests() => _store = new(TestControllerMetrics.New(), _time);

    [TestMethod]
    public async Task A_snapshot_comes_first_and_differences_follow()
    {
        Change();
        var run = Run();
        var rules = (await TakeAsync(isSnapshot: true)).Apply(NodeRuleSet.CreateEmpty("n1"));
        Assert.AreEqual(_store.Find("n1")!.Current.Rules, rules);
        _stream.Applied(1);
        Change();
        rules = (await TakeAsync(isSnapshot: false)).Apply(rules);
        Assert.AreEqual(_store.Find("n1")!.Current.Rules, rules);
        await EndAsync(run);
    }

    [TestMethod]
    public async Task What_changes_while_an_update_is_under_way_goes_in_one_update()
    {
        Change();
        var run = Run();
        var rules = (await TakeAsync(isSnapshot: true)).Apply(NodeRuleSet.CreateEmpty("n1"));
        for (var i = 0; i < 500; i++)
            Change();
        Assert.AreEqual(0, _stream.Waiting);
        _stream.Applied(1);
        rules = (await TakeAsync(isSnapshot: false)).Apply(rules);
        Assert.AreEqual(_store.Find("n1")!.Current.Rules, rules);
        Assert.AreEqual(0, _stream.Waiting);
        await EndAsync(run);
    }

    [TestMethod]
    public async Task After_a_failure_comes_a_snapshot_though_nothing_changes()
    {
        Change();
        var run = Run();
        await TakeAsync(isSnapshot: true);
        _stream.Failed(1);
        await _time.PassPauseAsync();
        Assert.AreEqual(_store.Find("n1")!.Current.Rules, (await TakeAsync(isSnapshot: true)).Apply(NodeRuleSet.CreateEmpty("n1")));
        await EndAsync(run);
    }

    [TestMethod]
    public async Task A_node_that_follows_twice_keeps_the_later_stream()
    {
        Change();
        var registry = new AgentRegistry();
        var (earlier, later) = (Session(), Session());
        registry.Register(earlier);
        var run = earlier.RunAsync(_stream, _stream, CancellationToken.None);
        registry.Register(later);
        var ended = await Assert.ThrowsExactlyAsync<RpcException>(() => run);
        Assert.AreEqual(StatusCode.Aborted, ended.StatusCode);
        registry.Unregister(earlier);
        Assert.HasCount(1, registry.Agents);
    }

    [TestMethod]
    public async Task A_node_that_follows_again_while_its_earlier_stream_has_just_ended_follows()
    {
        Change();
        var registry = new AgentRegistry();
        var (earlier, later) = (Session(), Session());
        registry.Register(earlier);
        _stream.Hangup();
        await earlier.RunAsync(_stream, _stream, CancellationToken.None);
        registry.Register(later);
        registry.Unregister(earlier);
        Assert.HasCount(1, registry.Agents);
        registry.Unregister(later);
        Assert.IsEmpty(registry.Agents);
    }

    [TestMethod]
    public async Task A_node_whose_clock_is_behind_took_no_time()
    {
        Change();
        var session = Session();
        var run = session.RunAsync(_stream, _stream, CancellationToken.None);
        await TakeAsync(isSnapshot: true);
        _stream.Applied(1);
        Change();
        await TakeAsync(isSnapshot: false);
        _stream.Report(new() { Ack = new() { Generation = 2, Result = Protocol.Wire.Ack.Types.Result.Applied, EnforcedAt = Timestamp.FromDateTimeOffset(_time.GetUtcNow() - TimeSpan.FromHours(1)) } });
        await EndAsync(run);
        Assert.AreEqual(TimeSpan.Zero, session.State.Delay);
    }

    [TestMethod]
    public async Task An_ack_of_another_generation_ends_the_stream()
    {
        Change();
        var run = Run();
        await TakeAsync(isSnapshot: true);
        _stream.Applied(7);
        Assert.AreEqual(StatusCode.InvalidArgument, (await Assert.ThrowsExactlyAsync<RpcException>(() => run)).StatusCode);
    }

    private AgentSession Session() => new("n1", "test", _store.Subscribe("n1"), TestControllerMetrics.New(), _time, NullLogger.Instance);

    private Task Run() => Session().RunAsync(_stream, _stream, CancellationToken.None);

    private async Task EndAsync(Task run)
    {
        _stream.Hangup();
        await run.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private void Change() => _store.Apply(
        new() { Nodes = [new("n1", new Node("n1", Labels.None, [new(IpFamily.V4, (UInt128)(++_address))]))] }, _time.GetUtcNow());

    private async Task<NodeRuleSetDelta> TakeAsync(bool isSnapshot)
    {
        while (true)
        {
            if (_reader.Add(await _stream.NextAsync()) is not { } update)
                continue;
            Assert.AreEqual(isSnapshot, update.Head.IsSnapshot);
            return update.Change;
        }
    }
}
