using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Stats;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables.Fake;
using NetPol.Protocol.Stats;
using NetPol.Rendering;

namespace NetPol.Agent.Tests.Stats;

[TestClass, TestCategory("Unit")]
public sealed class AuditCounterTests
{
    private static readonly PolicyId Db = new(PolicyKind.NetworkPolicy, "shop", "db");
    private static readonly PolicyId Web = new(PolicyKind.NetworkPolicy, "shop", "web");
    private static readonly Decision ByDefault = Decision.ByDefault(Direction.Ingress);

    private readonly FakeNftables _nftables = new();
    private readonly FakeTimeProvider _time = new();
    private readonly NftablesDataplane _dataplane;
    private readonly AuditCounter _counts;

    public AuditCounterTests()
    {
        _dataplane = new("n1", _nftables, TestAgentStatus.New(), _time, NullLogger.Instance);
        _counts = new(_dataplane, new(_nftables, _time));
    }

    [TestMethod]
    public void Nothing_is_counted_before_there_are_rules_or_without_audits()
    {
        Assert.IsEmpty(_counts.Read());
        Enforce((Allow(Db), 5));
        Assert.IsEmpty(_counts.Read());
    }

    [TestMethod]
    public void Decisions_that_differ_only_in_what_is_enforced_are_counted_together()
    {
        var denied = Decision.ByIsolation(Direction.Ingress, [Db]);
        Enforce((ByDefault.WithAudit(denied, isLogged: false), 3), (Allow(Web).WithAudit(denied, isLogged: false), 4), (Deny(Web).WithAudit(Allow(Db), isLogged: false), 5), (Deny(Db), 100));
        AssertCounts(new AuditCount(Db, 7, 5));
    }

    [TestMethod]
    public void Each_of_the_policies_that_isolate_would_have_denied()
    {
        Enforce((ByDefault.WithAudit(Decision.ByIsolation(Direction.Ingress, [Db, Web]), isLogged: false), 3), (ByDefault.WithAudit(Decision.ByIsolation(Direction.Ingress, [Web]), isLogged: false), 1));
        AssertCounts(new(Db, 3, 0), new(Web, 4, 0));
    }

    [TestMethod]
    public void However_many_policies_isolate_each_has_its_own_count()
    {
        PolicyId[] eight = [.. Enumerable.Range(1, 8).Select(i => new PolicyId(PolicyKind.NetworkPolicy, "shop", $"p{i}"))];
        PolicyId ninth = new(PolicyKind.NetworkPolicy, "shop", "p9"), other = new(PolicyKind.NetworkPolicy, "shop", "q");
        Enforce((Isolated(ninth), 3), (Isolated(other), 4));
        AssertCounts([.. eight.Select(p => new AuditCount(p, 7, 0)), new(ninth, 3, 0), new(other, 4, 0)]);

        Decision Isolated(PolicyId last) => ByDefault.WithAudit(Decision.ByIsolation(Direction.Ingress, [.. eight, last]), isLogged: false);
    }

    private static Decision Allow(PolicyId policy) => Decision.Restore(Direction.Ingress, Verdict.Allow, Tier.NetworkPolicy, policy, 0, null, []);

    private static Decision Deny(PolicyId policy) => Decision.Restore(Direction.Ingress, Verdict.Deny, Tier.Admin, policy, 0, null, []);

    private void AssertCounts(params AuditCount[] counts) => CollectionAssert.AreEqual(counts, _counts.Read().ToArray());

    private void Enforce(params (Decision Decision, ulong Packets)[] counted)
    {
        var rules = NodeRuleSet.CreateEmpty("n1") with { Decisions = counted.Select(c => c.Decision).OrderBy(d => d.Id).ToValueArray() };
        _dataplane.Apply(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty("n1"), rules));
        foreach (var (decision, packets) in counted)
            _nftables.AddToCounter(Renderer.TableName, ObjectNames.Decision(decision.Id), packets, packets * 40);
    }
}
