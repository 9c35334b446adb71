using CsCheck;
using NetPol.Compiler.Using;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>Of no use is exactly what can be taken away without another verdict of the oracle.</summary>
[TestClass]
public sealed class UnusedTests
{
    /// <summary>Worlds small enough to try everything, in which no two pods have one address.</summary>
    private static readonly Gen<ClusterSnapshot> SmallWorlds = Generators.Worlds.Select(w => ClusterSnapshot.Create(
        w.Namespaces, w.Pods.Where((p, at) => !w.Pods.Take(at).Any(q => q.Addresses.Intersect(p.Addresses).Any())).Take(5), w.Nodes, w.Policies.Take(5)));

    [TestMethod]
    public void Of_no_use_is_what_changes_no_verdict_when_it_is_taken_away() => SmallWorlds.Holds(25, world =>
    {
        var judged = new OracleVerdicts(world);
        var unused = UnusedFinder.Find(world);
        foreach (var policy in world.Policies.Where(p => !p.IsAudited))
        {
            var whole = unused.FirstOrDefault(u => u.Policy == policy.Id && u.Rule is null);
            AssertUse(judged, policy, null, whole, Without(world, policy, null));
            if (whole is not null)
                continue;
            foreach (var (direction, rule) in Rules(policy))
            {
                var told = unused.FirstOrDefault(u => u.Policy == policy.Id && u.Rule?.Direction == direction && u.Rule.Index == rule.Index);
                AssertUse(judged, policy, (direction, rule), told, Without(world, policy, (direction, rule)));
            }
        }
    });

    [TestMethod]
    public void Generated_worlds_hold_every_reason_but_a_wrong_name() => Assert.AreEqual(
        string.Join(' ', Enum.GetValues<UnusedReason>().Where(r => r != UnusedReason.NoEffect)),
        string.Join(' ', SmallWorlds.Draw(400).SelectMany(w => UnusedFinder.Find(w)).Select(u => u.Reason).Distinct().Order()));

    [TestMethod]
    public void A_rule_behind_a_wider_one_is_shadowed_by_it()
    {
        var world = TwoPods().With(Admin("a", 1, InNamespaces(), ingress: [Deny(Pods()), Allow(Pods("", "app=web"), "80/TCP")]));

        var told = UnusedFinder.Find(world.Snapshot).Single();

        Assert.AreEqual((UnusedTerm.NeverDecides, UnusedReason.Shadowed, 1), (told.Term, told.Reason, told.Rule!.Index));
        Assert.AreEqual("AdminNetworkPolicy a ingress rule 0", told.By.Single().ToString());
    }

    [TestMethod]
    public void Two_rules_that_allow_the_same_are_each_of_no_use()
    {
        var world = TwoPods().With(
            NetworkPolicy("shop/one", "", [Allow(PodsIn("shop"), "80/TCP")]), NetworkPolicy("shop/two", "", [Allow(PodsIn("shop"), "80/TCP")]));

        var told = UnusedFinder.Find(world.Snapshot);

        Assert.AreEqual(
            "NetworkPolicy shop/one by NetworkPolicy shop/two ingress rule 0; NetworkPolicy shop/two by NetworkPolicy shop/one ingress rule 0",
            string.Join("; ", told.Select(u => $"{u.Policy} by {string.Join(", ", u.By)}")));
        Assert.IsTrue(told.All(u => u is { Term: UnusedTerm.ChangesNothing, Rule: null, Isolation.Count: 1 }));
    }

    [TestMethod]
    public void Only_the_baseline_named_default_is_of_use()
    {
        var baseline = Baseline(InNamespaces(), ingress: [Deny(Pods(), "22/TCP")]);
        var world = TwoPods().With(baseline, baseline with { Id = baseline.Id with { Name = "another" } });

        var told = UnusedFinder.Find(world.Snapshot).Single();

        Assert.AreEqual(("another", UnusedReason.NoEffect), (told.Policy.Name, told.Reason));
    }

    [TestMethod]
    public void What_the_other_side_denies_anyway_is_of_no_use()
    {
        var world = TwoPods().With(
            Admin("in", 1, InNamespaces(), ingress: [Deny(Pods(), "22/TCP")]), Admin("out", 2, InNamespaces(), egress: [Deny(Pods(), "22/TCP")]));

        var told = UnusedFinder.Find(world.Snapshot);

        Assert.HasCount(2, told);
        Assert.IsTrue(told.All(u => u is { Reason: UnusedReason.Redundant, ByOtherSide: true, Rule: null }));
    }

    private static World TwoPods() => new World().Pod("shop/web", "10.0.0.1", "app=web", "80/TCP").Pod("shop/db", "10.0.0.2", "app=db", "5432/TCP");

    private static IEnumerable<(Direction Direction, Rule Rule)> Rules(Policy policy) =>
        (policy.Ingress ?? []).Select(r => (Direction.Ingress, r)).Concat((policy.Egress ?? []).Select(r => (Direction.Egress, r)));

    private static ClusterSnapshot Without(ClusterSnapshot world, Policy policy, (Direction Direction, Rule Rule)? rule)
    {
        var rest = world.Policies.Where(p => p.Id != policy.Id);
        if (rule is not var (direction, gone))
            return ClusterSnapshot.Create(world.Namespaces, world.Pods, world.Nodes, rest);
        var left = policy.Rules(direction)!.Value.Where(r => r.Index != gone.Index).ToValueArray();
        return ClusterSnapshot.Create(
            world.Namespaces, world.Pods, world.Nodes, rest.Append(direction == Direction.Ingress ? policy with { Ingress = left } : policy with { Egress = left }));
    }

    private static void AssertUse(OracleVerdicts judged, Policy policy, (Direction Direction, Rule Rule)? rule, UnusedPolicy? told, ClusterSnapshot without)
    {
        var witness = judged.FirstOtherIn(without);
        if (witness is null != told is not null)
            Assert.Fail($"{policy.Id} {rule}: told {told}, but {witness?.ToString() ?? "nothing"} is another verdict without it\n{judged}");
        // Who passes on is named by no decision.
        if (told is null || rule is { Rule.Action: RuleAction.Pass } || (rule is null && Rules(policy).Any(r => r.Rule.Action == RuleAction.Pass)))
            return;
        var decides = judged.Decisions.Any(d => rule is var (direction, written)
            ? d.Policy == policy.Id && d.Direction == direction && d.RuleIndex == written.Index
            : d.Policy == policy.Id || d.IsolatedBy.Contains(policy.Id));
        Assert.AreEqual(decides ? UnusedTerm.ChangesNothing : UnusedTerm.NeverDecides, told.Term, $"{told}\n{judged}");
    }
}
