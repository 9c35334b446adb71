using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Metrics;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Fake;
using NetPol.Rendering;

namespace NetPol.Agent.Tests.Metrics;

[TestClass, TestCategory("Unit")]
public sealed class VerdictCountsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeNftables _nftables = new();
    private readonly NftablesDataplane _dataplane;
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("n1");
    private ulong _generation;

    public VerdictCountsTests() => _dataplane = new(_rules.Node, _nftables, TestAgentStatus.New(), _time, NullLogger.Instance);

    [TestMethod]
    public void The_kernel_is_asked_once_a_second()
    {
        var counts = Counts(SeriesLevel.Rule, 10);
        Enforce(Allow("a"));
        Count("a", 1);
        Assert.AreEqual("a 1", Read(counts));
        Count("a", 1);
        Assert.AreEqual("a 1", Read(counts));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual("a 2", Read(counts));
    }

    [TestMethod]
    public void The_sum_of_the_other_series_never_falls()
    {
        var counts = Counts(SeriesLevel.Rule, 1);
        Enforce(Allow("a"), Allow("b"), Allow("c"));
        foreach (var policy in (string[])["a", "b", "c"])
            Count(policy, 5);
        var exported = Read(counts).Split(", ");
        Assert.HasCount(2, exported);
        Assert.AreEqual("others 10", exported[1]);
        var first = exported[0].Split(' ')[0];
        Enforce([.. ((string[])["a", "b", "c"]).Where(p => !string.Equals(p, first, StringComparison.Ordinal)).Select(Allow)]);
        _time.Advance(TimeSpan.FromSeconds(1));
        var later = Read(counts).Split(", ");
        Assert.EndsWith(" 5", later[0]);
        Assert.AreEqual("others 10", later[1]);
    }

    [TestMethod]
    public void A_policy_that_returns_among_the_other_series_adds_only_its_increase()
    {
        var counts = Counts(SeriesLevel.Rule, 1);
        Enforce(Allow("a"), Allow("b"));
        foreach (var policy in (string[])["a", "b"])
            Count(policy, 5);
        var exported = Read(counts).Split(' ')[0];
        var unreported = string.Equals(exported, "a", StringComparison.Ordinal) ? "b" : "a";
        Assert.AreEqual($"{exported} 5, others 5", Read(counts));

        Change(Allow(exported));
        Assert.AreEqual($"{exported} 5, others 5", Read(counts));
        Change(Allow("a"), Allow("b"));
        Count(unreported, 2);
        Assert.AreEqual($"{exported} 5, others 7", Read(counts));

        Change(Allow(unreported));
        Assert.AreEqual($"{unreported} 7, others 7", Read(counts));
        Change(Allow("a"), Allow("b"));
        Count(exported, 1);
        Assert.AreEqual($"{unreported} 7, others 8", Read(counts));
    }

    [TestMethod]
    public void A_restarted_agent_does_not_export_counts_of_removed_policies_again()
    {
        Change(Allow("a"), Allow("b"));
        Count("a", 5);
        Count("b", 5);
        Change(Allow("a"));
        var counts = Counts(SeriesLevel.Rule, 1);
        Assert.AreEqual("a 5", Read(counts));
        Change(Allow("a"), Allow("b"));
        Count("b", 1);
        Assert.AreEqual("a 5, others 1", Read(counts));
    }

    [TestMethod]
    public void Every_tier_is_there_from_the_start()
    {
        Assert.HasCount(CounterSeries.OfTiers.Count, Counts(SeriesLevel.Tier, 100).Read());
        CollectionAssert.AllItemsAreUnique(CounterSeries.OfTiers.Select(s => s.Id).ToList());
    }

    [TestMethod]
    public void An_audited_decision_counts_for_two_series()
    {
        var counts = Counts(SeriesLevel.Policy, 10);
        var decision = Allow("a").WithAudit(Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "b")]), isLogged: false);
        Enforce(decision);
        _nftables.AddToCounter(Renderer.TableName, ObjectNames.Decision(decision.Id), 3, 120);
        Assert.AreEqual("Allow a 3, AuditDeny b 3", string.Join(", ", counts.Read().Select(c => $"{c.Series!.Verdict} {c.Series.Policy} {c.Packets}").Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    public void A_meter_that_has_had_too_many_series_is_replaced_and_counts_on()
    {
        var published = 0;
        List<long> measured = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is not { Name: "netpol.policy.verdicts", Meter.Name: VerdictMetrics.Name })
                return;
            published++;
            self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, number, _, _) => measured.Add(number));
        using var meter = new VerdictMetrics(Counts(SeriesLevel.Rule, 1), 1);
        listener.Start();
        foreach (var policy in (string[])["a", "b"])
        {
            Enforce(Allow(policy));
            Count(policy, 5);
            _time.Advance(TimeSpan.FromSeconds(1));
            listener.RecordObservableInstruments();
            meter.RotateIfFull();
        }
        Assert.AreEqual(2, published);
        listener.RecordObservableInstruments();
        CollectionAssert.AreEqual(new long[] { 5, 5, 5 }, measured);
    }

    private static Decision Allow(string policy) => Decision.Restore(
        Direction.Ingress, Verdict.Allow, Tier.NetworkPolicy, new(PolicyKind.NetworkPolicy, "shop", policy), 0, null, []);

    private static string Read(VerdictCounts counts) => string.Join(", ", counts.Read().Select(c => $"{c.Series?.Policy ?? "others"} {c.Packets}"));

    private VerdictCounts Counts(SeriesLevel level, int maxSeries) => new(_dataplane, new(_nftables, _time), level, maxSeries);

    private void Count(string policy, ulong packets) => _nftables.AddToCounter(Renderer.TableName, ObjectNames.Decision(Allow(policy).Id), packets, packets * 40);

    /// <summary>Programs other rules, and waits until counters are folded and read again.</summary>
    private void Change(params Decision[] decisions)
    {
        Enforce(decisions);
        _time.Advance(RetiredCounters.GracePeriod);
        _dataplane.CollectRetiredCounters();
    }

    private void Enforce(params Decision[] decisions)
    {
        var next = _rules with { Decisions = [.. decisions.OrderBy(d => d.Id)] };
        _dataplane.Apply(new(_generation + 1, _generation, null), NodeRuleSetDelta.Between(_rules, next));
        (_rules, _generation) = (next, _generation + 1);
    }
}
