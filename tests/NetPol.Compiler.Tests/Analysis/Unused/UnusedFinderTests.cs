using CsCheck;
using NetPol.Compiler.Analysis.Unused;
using NetPol.Compiler.Tests.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Analysis.Unused;

/// <summary>A policy or rule is unused exactly if its removal changes no verdict of the oracle.</summary>
[TestClass]
public sealed class UnusedFinderTests
{
    /// <summary>Clusters small enough for an exhaustive test, in which no two pods share an address.</summary>
    private static readonly Gen<ClusterSnapshot> SmallClusters = Generators.Clusters.Select(w => ClusterSnapshot.Create(
        w.Namespaces, w.Pods.Where((p, at) => !w.Pods.Take(at).Any(q => q.Addresses.Intersect(p.Addresses).Any())).Take(5), w.Nodes, w.Policies.Take(5)));

    [TestMethod]
    public void Unused_means_that_removal_changes_no_verdict() => SmallClusters.ForAll(25, cluster =>
    {
        var evaluated = new OracleVerdicts(cluster);
        var unused = UnusedFinder.Find(cluster);
        foreach (var policy in cluster.Policies.Where(p => !p.IsAudited))
        {
            var whole = unused.FirstOrDefault(u => u.Policy == policy.Id && u.Rule is null);
            AssertUse(evaluated, policy, null, whole, Without(cluster, policy, null));
            if (whole is not null)
                continue;
            foreach (var (direction, rule) in Rules(policy))
            {
                var found = unused.FirstOrDefault(u => u.Policy == policy.Id && u.Rule?.Direction == direction && u.Rule.Index == rule.Index);
                AssertUse(evaluated, policy, (direction, rule), found, Without(cluster, policy, (direction, rule)));
            }
        }
    });

    [TestMethod]
    public void Generated_clusters_cover_every_reason_but_a_wrong_name() => Assert.AreEqual(
        string.Join(' ', Enum.GetValues<UnusedReason>().Where(r => r != UnusedReason.NoEffect)),
        string.Join(' ', SmallClusters.Draw(400).SelectMany(w => UnusedFinder.Find(w)).Select(u => u.Reason).Distinct().Order()));

    [TestMethod]
    public void A_rule_behind_a_wider_one_is_shadowed_by_it()
    {
        var cluster = TwoPods().WithPolicies(Admin("a", 1, InNamespaces(), ingress: [Deny(Pods()), Allow(Pods("", "app=web"), "80/TCP")]));

        var found = UnusedFinder.Find(cluster.Snapshot).Single();

        Assert.AreEqual((UnusedType.NeverDecides, UnusedReason.Shadowed, 1), (found.Type, found.Reason, found.Rule!.Index));
        Assert.AreEqual("AdminNetworkPolicy a ingress rule 0", found.ReplacingRules.Single().ToString());
    }

    [TestMethod]
    public void Rules_that_allow_the_same_are_both_unused()
    {
        var cluster = TwoPods().WithPolicies(
            NetworkPolicy("shop/one", "", [Allow(PodsIn("shop"), "80/TCP")]), NetworkPolicy("shop/two", "", [Allow(PodsIn("shop"), "80/TCP")]));

        var found = UnusedFinder.Find(cluster.Snapshot);

        Assert.AreEqual(
            "NetworkPolicy shop/one by NetworkPolicy shop/two ingress rule 0; NetworkPolicy shop/two by NetworkPolicy shop/one ingress rule 0",
            string.Join("; ", found.Select(u => $"{u.Policy} by {string.Join(", ", u.ReplacingRules)}")));
        Assert.IsTrue(found.All(u => u is { Type: UnusedType.ChangesNothing, Rule: null, ReplacingIsolation.Count: 1 }));
    }

    [TestMethod]
    public void Only_the_Baseline_policy_named_default_is_used()
    {
        var baseline = Baseline(InNamespaces(), ingress: [Deny(Pods(), "22/TCP")]);
        var cluster = TwoPods().WithPolicies(baseline, baseline with { Id = baseline.Id with { Name = "another" } });

        var found = UnusedFinder.Find(cluster.Snapshot).Single();

        Assert.AreEqual(("another", UnusedReason.NoEffect), (found.Policy.Name, found.Reason));
    }

    [TestMethod]
    public void Rule_is_unused_where_the_other_side_denies()
    {
        var cluster = TwoPods().WithPolicies(
            Admin("in", 1, InNamespaces(), ingress: [Deny(Pods(), "22/TCP")]), Admin("out", 2, InNamespaces(), egress: [Deny(Pods(), "22/TCP")]));

        var found = UnusedFinder.Find(cluster.Snapshot);

        Assert.HasCount(2, found);
        Assert.IsTrue(found.All(u => u is { Reason: UnusedReason.Redundant, ByOtherSide: true, Rule: null }));
    }

    [TestMethod]
    public void A_policy_that_isolates_only_a_finished_pod_is_used()
    {
        var cluster = new TestCluster().Pod("shop/web", "10.0.0.1", "app=web", "80/TCP").Pod("shop/done", "10.0.0.3", "app=job", finished: true)
            .WithPolicies(NetworkPolicy("shop/job", "app=job", [Allow(Pods("", "app=missing"))]));

        var found = UnusedFinder.Find(cluster.Snapshot).Single();

        Assert.AreEqual((UnusedReason.NoSuchPeer, 0), (found.Reason, found.Rule?.Index));
    }

    [TestMethod]
    public void A_policy_selects_no_pod_where_a_live_pod_has_the_address_of_the_finished_one()
    {
        var cluster = new TestCluster().Pod("shop/web", "10.0.0.1", "app=web", "80/TCP").Pod("shop/done", "10.0.0.1", "app=job", finished: true)
            .WithPolicies(NetworkPolicy("shop/job", "app=job", [Allow(Pods("", "app=missing"))]));

        var found = UnusedFinder.Find(cluster.Snapshot).Single();

        Assert.AreEqual((UnusedReason.SelectsNoPod, null), (found.Reason, found.Rule));
    }

    private static TestCluster TwoPods() => new TestCluster().Pod("shop/web", "10.0.0.1", "app=web", "80/TCP").Pod("shop/db", "10.0.0.2", "app=db", "5432/TCP");

    private static IEnumerable<(Direction Direction, Rule Rule)> Rules(Policy policy) =>
        (policy.Ingress ?? []).Select(r => (Direction.Ingress, r)).Concat((policy.Egress ?? []).Select(r => (Direction.Egress, r)));

    private static ClusterSnapshot Without(ClusterSnapshot cluster, Policy policy, (Direction Direction, Rule Rule)? rule)
    {
        var rest = cluster.Policies.Where(p => p.Id != policy.Id);
        if (rule is not var (direction, removed))
            return ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, rest);
        var left = policy.Rules(direction)!.Value.Where(r => r.Index != removed.Index).ToValueArray();
        return ClusterSnapshot.Create(
            cluster.Namespaces, cluster.Pods, cluster.Nodes, rest.Append(direction == Direction.Ingress ? policy with { Ingress = left } : policy with { Egress = left }));
    }

    private static void AssertUse(OracleVerdicts evaluated, Policy policy, (Direction Direction, Rule Rule)? rule, UnusedPolicy? found, ClusterSnapshot without)
    {
        var witness = evaluated.FirstOtherIn(without);
        if (witness is null != found is not null)
            Assert.Fail($"{policy.Id} {rule}: found {found}, but {witness?.ToString() ?? "nothing"} is another verdict without it\n{evaluated}");
        // No decision names a Pass rule.
        if (found is null || rule is { Rule.Action: RuleAction.Pass } || (rule is null && Rules(policy).Any(r => r.Rule.Action == RuleAction.Pass)))
            return;
        var decides = evaluated.Decisions.Any(d => rule is var (direction, written)
            ? d.Policy == policy.Id && d.Direction == direction && d.RuleIndex == written.Index
            : d.Policy == policy.Id || d.IsolatedBy.Contains(policy.Id));
        Assert.AreEqual(decides ? UnusedType.ChangesNothing : UnusedType.NeverDecides, found.Type, $"{found}\n{evaluated}");
    }
}
