using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Health;
using NetPol.Agent.Status;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Fake;

namespace NetPol.Agent.Tests.Health;

/// <summary>When <c>/readyz</c> fails, and what it says then.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ReadinessCheckTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BrokenNftables _nftables = new();
    private readonly AgentStatus _state;
    private readonly ReadinessCheck _readiness;

    public ReadinessCheckTests()
    {
        _state = TestAgentStatus.New(_time);
        _readiness = new(_state, new CounterReader(_nftables, _time), new() { Node = "n1", Controller = "c:9443", UnreadyAfter = 3 });
    }

    [TestMethod]
    public void Without_a_table_and_without_rules_nothing_is_enforced()
    {
        AssertUnready(ReadinessCheck.NotReadyCause.NoRulesInKernel, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet");
        _state.MarkDisconnected("connection refused");
        AssertUnready(ReadinessCheck.NotReadyCause.NoRulesInKernel, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet: connection refused");
        Assert.IsFalse(_readiness.HasRules);
    }

    [TestMethod]
    public void The_rules_of_an_earlier_run_are_enforced_but_the_agent_is_not_ready()
    {
        EarlierRun();
        _state.MarkDisconnected("connection refused");
        AssertUnready(ReadinessCheck.NotReadyCause.WaitingForFirstRules, "waiting for the first rules of a controller, the rules of an earlier run stay in place: connection refused");
        Assert.IsTrue(_readiness.HasRules);
        _nftables.Kernel.Commit(new(Rendering.Renderer.TableName, [new Operation.DeleteTable()]));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(ReadinessCheck.NotReadyCause.NoRulesInKernel, _readiness.Check()?.Cause);
        Assert.IsFalse(_readiness.HasRules);
    }

    [TestMethod]
    public void A_kernel_that_does_not_answer_counts_as_one_without_rules()
    {
        EarlierRun();
        _nftables.IsBroken = true;
        Assert.Contains("table inet netpol cannot be read: list counters: EPERM", _readiness.Check()?.Reason!);
        Assert.IsFalse(_readiness.HasRules);
    }

    [TestMethod]
    public void Refused_first_rules_leave_the_agent_not_ready()
    {
        _state.MarkConnected();
        _state.MarkUpdateRejected("add chain inet netpol x: ENOMEM");
        AssertUnready(ReadinessCheck.NotReadyCause.NoRulesInKernel, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet: add chain inet netpol x: ENOMEM");
        EarlierRun();
        _time.Advance(TimeSpan.FromSeconds(1));
        AssertUnready(ReadinessCheck.NotReadyCause.UpdateRejected, "the first rules are not programmed, the rules of an earlier run stay in place: add chain inet netpol x: ENOMEM");
    }

    [TestMethod]
    public void A_refused_update_counts_until_one_is_programmed_whatever_the_connection_does_meanwhile()
    {
        Ready();
        _state.MarkUpdateRejected("add chain inet netpol x: ENOMEM");
        _state.MarkDisconnected("the controller ended the stream");
        _state.MarkConnected();
        AssertUnready(ReadinessCheck.NotReadyCause.UpdateRejected, "the last update is not programmed, the rules before it stay in place: add chain inet netpol x: ENOMEM");
        Ready();
        Assert.IsNull(_readiness.Check());
    }

    [TestMethod]
    public void A_resync_that_the_kernel_refuses_counts_until_one_succeeds()
    {
        var dataplane = new NftablesDataplane("n1", _nftables, _state, _time, NullLogger.Instance);
        dataplane.Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty("n1"), NodeRuleSet.CreateEmpty("n1")));
        Ready();
        _nftables.IsBroken = true;
        Assert.ThrowsExactly<NftablesException>(() => dataplane.Resync());
        AssertUnready(ReadinessCheck.NotReadyCause.ResyncFailed, "another program changed table inet netpol, and it is not repaired: read table: EPERM");
        _nftables.IsBroken = false;
        dataplane.Resync();
        Assert.IsNull(_readiness.Check());
    }

    [TestMethod]
    public void Outages_that_are_shorter_than_the_limit_do_not_add_up()
    {
        Ready();
        for (var outage = 0; outage < 5; outage++)
        {
            _state.MarkDisconnected("connection refused");
            _time.Advance(TimeSpan.FromMinutes(2));
            _state.MarkDisconnected("no route to host");
            Assert.IsNull(_readiness.Check());
            _state.MarkConnected();
        }
        _state.MarkDisconnected("connection refused");
        _time.Advance(TimeSpan.FromMinutes(3) - TimeSpan.FromTicks(1));
        Assert.IsNull(_readiness.Check());
        _time.Advance(TimeSpan.FromTicks(1));
        AssertUnready(ReadinessCheck.NotReadyCause.NoController, "no controller for 3 minutes, the rules of that time stay in place: connection refused");
        _state.MarkConnected();
        Assert.IsNull(_readiness.Check());
    }

    [TestMethod]
    public void Each_cause_is_logged_once_and_that_the_agent_is_ready_too()
    {
        using var log = new LineLog<ReadinessLogger>();
        using var reporter = new ReadinessLogger(_readiness, _time, log);
        reporter.LogChange();
        _state.MarkDisconnected("connection refused");
        reporter.LogChange();
        Ready();
        reporter.LogChange();
        reporter.LogChange();
        _state.MarkDisconnected("connection refused");
        _time.Advance(TimeSpan.FromMinutes(3));
        reporter.LogChange();
        _time.Advance(TimeSpan.FromMinutes(3));
        reporter.LogChange();
        CollectionAssert.AreEqual(
            new[]
            {
                "Error Not ready: nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet",
                "Information Ready: this node enforces what the controller sends",
                "Warning Not ready: no controller for 3 minutes, the rules of that time stay in place: connection refused",
            },
            log.Lines.ToArray());
    }

    private void Ready()
    {
        _state.MarkConnected();
        _state.MarkProgrammed(new(1, 0, null), _time.GetUtcNow());
    }

    private void EarlierRun() => new NftablesDataplane("n1", _nftables, TestAgentStatus.New(), _time, NullLogger.Instance)
        .Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty("n1"), NodeRuleSet.CreateEmpty("n1")));

    private void AssertUnready(ReadinessCheck.NotReadyCause cause, string reason) => Assert.AreEqual(new(cause, reason), _readiness.Check());

    /// <summary>A kernel that refuses to be read while it is broken.</summary>
    private sealed class BrokenNftables : INftables
    {
        public FakeNftables Kernel { get; } = new();

        public bool IsBroken { get; set; }

        public void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null) => Kernel.Commit(update, programmed, pacer);

        public TableState? Read(string table) => IsBroken ? throw Refusal("read table") : Kernel.Read(table);

        public IReadOnlyList<CounterValue> ReadCounters(string table) => IsBroken ? throw Refusal("list counters") : Kernel.ReadCounters(table);

        private static NftablesException Refusal(string asked) => new(asked, 1, new(null, null, null));
    }
}
