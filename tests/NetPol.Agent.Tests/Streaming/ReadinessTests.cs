using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counting;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Controller.Tests.Together;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Nftables.Fake;

namespace NetPol.Agent.Tests.Streaming;

/// <summary>When <c>/readyz</c> fails, and what it says then.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ReadinessTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly BrokenNftables _nftables = new();
    private readonly AgentState _state;
    private readonly Readiness _readiness;

    public ReadinessTests()
    {
        _state = TestState.New(_time);
        _readiness = new(_state, new CounterReader(_nftables, _time), new() { Node = "n1", Controller = "c:9443", UnreadyAfter = 3 });
    }

    [TestMethod]
    public void Without_a_table_and_without_rules_nothing_is_enforced()
    {
        AssertUnready(Readiness.Cause.NothingEnforced, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are in force yet");
        _state.Disconnected("connection refused");
        AssertUnready(Readiness.Cause.NothingEnforced, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are in force yet: connection refused");
        Assert.IsFalse(_readiness.IsEnforcing);
    }

    [TestMethod]
    public void The_rules_of_an_earlier_run_are_enforced_but_the_agent_is_not_ready()
    {
        EarlierRun();
        _state.Disconnected("connection refused");
        AssertUnready(Readiness.Cause.NoRulesYet, "waiting for the first rules of a controller, the rules of an earlier run stay in place: connection refused");
        Assert.IsTrue(_readiness.IsEnforcing);
        _nftables.Kernel.Commit(new(Rendering.Renderer.TableName, [new Operation.DeleteTable()]));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(Readiness.Cause.NothingEnforced, _readiness.Look()?.Cause);
        Assert.IsFalse(_readiness.IsEnforcing);
    }

    [TestMethod]
    public void A_kernel_that_does_not_answer_counts_as_one_without_rules()
    {
        EarlierRun();
        _nftables.IsBroken = true;
        Assert.Contains("table inet netpol cannot be read: list counters: EPERM", _readiness.Look()?.Reason!);
        Assert.IsFalse(_readiness.IsEnforcing);
    }

    [TestMethod]
    public void The_first_rules_that_are_refused_leave_the_agent_not_ready_even_when_an_earlier_run_left_rules()
    {
        _state.Connected();
        _state.Failed("add chain inet netpol x: ENOMEM");
        AssertUnready(Readiness.Cause.NothingEnforced, "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are in force yet: add chain inet netpol x: ENOMEM");
        EarlierRun();
        _time.Advance(TimeSpan.FromSeconds(1));
        AssertUnready(Readiness.Cause.UpdateRefused, "the first rules are not in force, the rules of an earlier run stay in place: add chain inet netpol x: ENOMEM");
    }

    [TestMethod]
    public void A_refused_update_counts_until_one_is_in_force_whatever_the_connection_does_meanwhile()
    {
        Ready();
        _state.Failed("add chain inet netpol x: ENOMEM");
        _state.Disconnected("the controller ended the stream");
        _state.Connected();
        AssertUnready(Readiness.Cause.UpdateRefused, "the last update is not in force, the rules before it stay in place: add chain inet netpol x: ENOMEM");
        Ready();
        Assert.IsNull(_readiness.Look());
    }

    [TestMethod]
    public void A_repair_that_the_kernel_refuses_counts_until_one_succeeds()
    {
        var enforcer = new Enforcer("n1", _nftables, _state, _time, NullLogger.Instance);
        enforcer.Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor("n1"), NodeRuleSet.EmptyFor("n1")));
        Ready();
        _nftables.IsBroken = true;
        Assert.ThrowsExactly<NftablesException>(() => enforcer.Repair());
        AssertUnready(Readiness.Cause.NotRepaired, "another program changed table inet netpol, and it is not repaired: read table: EPERM");
        _nftables.IsBroken = false;
        enforcer.Repair();
        Assert.IsNull(_readiness.Look());
    }

    [TestMethod]
    public void Outages_that_are_shorter_than_the_limit_do_not_add_up()
    {
        Ready();
        for (var outage = 0; outage < 5; outage++)
        {
            _state.Disconnected("connection refused");
            _time.Advance(TimeSpan.FromMinutes(2));
            _state.Disconnected("no route to host");
            Assert.IsNull(_readiness.Look());
            _state.Connected();
        }
        _state.Disconnected("connection refused");
        _time.Advance(TimeSpan.FromMinutes(3) - TimeSpan.FromTicks(1));
        Assert.IsNull(_readiness.Look());
        _time.Advance(TimeSpan.FromTicks(1));
        AssertUnready(Readiness.Cause.NoController, "no controller for 3 minutes, the rules of that time stay in place: connection refused");
        _state.Connected();
        Assert.IsNull(_readiness.Look());
    }

    [TestMethod]
    public void Each_cause_is_logged_once_and_that_the_agent_is_ready_too()
    {
        using var log = new LineLog<ReadinessReporter>();
        using var reporter = new ReadinessReporter(_readiness, _time, log);
        reporter.Look();
        _state.Disconnected("connection refused");
        reporter.Look();
        Ready();
        reporter.Look();
        reporter.Look();
        _state.Disconnected("connection refused");
        _time.Advance(TimeSpan.FromMinutes(3));
        reporter.Look();
        _time.Advance(TimeSpan.FromMinutes(3));
        reporter.Look();
        CollectionAssert.AreEqual(
            new[]
            {
                "Error not ready: nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are in force yet",
                "Information ready: this node enforces what the controller sends",
                "Warning not ready: no controller for 3 minutes, the rules of that time stay in place: connection refused",
            },
            log.Lines.ToArray());
    }

    private void Ready()
    {
        _state.Connected();
        _state.Enforced(new(1, 0, null), _time.GetUtcNow());
    }

    private void EarlierRun() => new Enforcer("n1", _nftables, TestState.New(), _time, NullLogger.Instance)
        .Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor("n1"), NodeRuleSet.EmptyFor("n1")));

    private void AssertUnready(Readiness.Cause cause, string reason) => Assert.AreEqual(new(cause, reason), _readiness.Look());

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
