using CsCheck;
using NetPol.Compiler.Budgets;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Budgets;

/// <summary>A namespace whose NetworkPolicies exceed the budget is isolated before the costs arise. No other namespace is.</summary>
[TestClass]
public sealed class NamespaceBudgetTests
{
    /// <summary>A budget so small that generated clusters sometimes exceed each limit.</summary>
    private static readonly NamespaceBudget Small = new() { Networks = 3, Entries = 9, PortRanges = 7, PortPolicies = 6 };

    [TestMethod]
    [DataRow(100, 30, 20)]
    [DataRow(200, 50, 30)]
    [DataRow(300, 110, 60)]
    [DataRow(1000, 110, 60)]
    [DataRow(300, 110, 240)]
    [DataRow(300, 110, 960)]
    public void Labels_that_multiply_isolate_their_namespace_alone(int pods, int local, int policies) =>
        AssertIsolated(MultiplyingPolicies.OfLabels(pods, local, policies), megabytes: 400);

    [TestMethod]
    [DataRow(20, 50, 1)]
    [DataRow(40, 50, 1)]
    [DataRow(60, 80, 1)]
    [DataRow(60, 120, 1)]
    [DataRow(60, 120, 4)]
    [DataRow(60, 120, 16)]
    [DataRow(100, 80, 3)]
    [DataRow(100, 80, 12)]
    public void Networks_and_port_ranges_that_multiply_isolate_their_namespace_alone(int rules, int ranges, int policies)
    {
        AssertIsolated(MultiplyingPolicies.OfNetworks(rules, ranges, policies), megabytes: 400);
        AssertIsolated(MultiplyingPolicies.OfNetworks(rules, ranges, policies, IpFamily.V6), megabytes: 400);
    }

    [TestMethod]
    public void Generated_clusters_keep_to_the_default_budget()
    {
        foreach (var cluster in Generators.Clusters.Draw(200))
            Assert.IsEmpty(BudgetCheck.FindExceeded(cluster, NamespaceBudget.Default));
    }

    [TestMethod]
    public void A_namespace_of_many_small_applications_keeps_to_the_default_budget()
    {
        var apps = Enumerable.Range(0, 40).ToList();
        var pods = apps.SelectMany(a => Enumerable.Range(0, 5), (a, i) => new Pod(new("shop", $"app-{a}-{i}"), Labels($"app=app-{a}"), i < 2 ? "n1" : "n2", [Address($"10.0.{a}.{i + 1}")], []));
        var policies = apps.Select(a => NetworkPolicy(
            $"shop/app-{a}", $"app=app-{a}",
            ingress: [Allow(PodsIn("shop", $"app=app-{(a + 1) % 40}"), "80/TCP"), Allow(PodsIn("shop", $"app=app-{(a + 2) % 40}"), "443/TCP", "8443/TCP"), Allow(Network("10.0.0.0/8", "10.1.0.0/16"), "9090/TCP")],
            egress: [Allow(Pods(), "53/UDP", "53/TCP"), Allow(Network($"192.0.2.{a}/32"), "443/TCP")]));
        Assert.IsEmpty(BudgetCheck.FindExceeded(ClusterSnapshot.Create([new("shop", NetPol.Model.Labels.None)], pods, [], policies), NamespaceBudget.Default));
    }

    [TestMethod]
    public void Isolated_namespace_denies_everything_to_its_selected_pods() => Generators.Clusters.ForAll(300, cluster =>
    {
        var exceeded = BudgetCheck.FindExceeded(cluster, Small);
        Assert.AreEqual(PolicyCompiler.Compile(BudgetCheck.IsolateExceeded(cluster, exceeded)), PolicyCompiler.Compile(cluster, Small));
    });

    [TestMethod]
    public void Verdicts_match_the_oracle_after_isolation() => CompilerAgreement.ClusterSamples.ForAll(300, sample =>
    {
        var isolated = sample with { Cluster = BudgetCheck.IsolateExceeded(sample.Cluster, BudgetCheck.FindExceeded(sample.Cluster, Small)) };
        var fault = CompilerAgreement.CheckVerdicts(isolated, _ => PolicyCompiler.Compile(sample.Cluster, Small));
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Incremental_and_full_compilation_isolate_the_same_namespaces() => CompilerAgreement.BusyWalks.ForAll(400, walk =>
    {
        var compiler = new IncrementalCompiler(budget: Small);
        var fault = CompilerAgreement.CheckChanges(
            walk.Cluster, walk.Batches,
            s =>
            {
                Assert.AreEqual(BudgetCheck.FindExceeded(s, Small), compiler.ExceededBudgets);
                return PolicyCompiler.Compile(s, Small);
            },
            c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Generated_walks_isolate_namespaces_by_every_limit_and_release_them_again()
    {
        var (limits, released) = (new HashSet<BudgetLimit>(), 0);
        foreach (var (cluster, batches) in CompilerAgreement.BusyWalks.Draw(200))
        {
            var (state, before) = (cluster, BudgetCheck.FindExceeded(cluster, Small));
            foreach (var batch in batches)
            {
                state = batch.Aggregate(state, (s, step) => step.Apply(s));
                var after = BudgetCheck.FindExceeded(state, Small);
                limits.UnionWith(after.Select(e => e.LimitType));
                released += before.Count(e => state.Policies.Any(p => p.Id.Namespace == e.Namespace) && !after.Any(a => a.Namespace == e.Namespace));
                before = after;
            }
        }
        // Another test covers unlimited overlaps.
        CollectionAssert.AreEquivalent(Enum.GetValues<BudgetLimit>().Except([BudgetLimit.Overlaps]).ToArray(), limits.ToArray());
        Assert.IsGreaterThan(10, released);
    }

    [TestMethod]
    public void Rules_never_exceed_a_budget_that_is_kept() => Gen.Select(Generators.Clusters, Gen.Int[1, 30]).ForAll(500, sample =>
    {
        var (cluster, most) = sample;
        var names = cluster.Policies.Where(p => p.Tier == Tier.NetworkPolicy).Select(p => p.Id.Namespace).Distinct(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var alone = ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Where(p => p.Id.Namespace == name && !p.IsAudited));
            if (!BudgetCheck.FindExceeded(alone, new() { Networks = most, Entries = most, PortRanges = most, PortPolicies = most }).IsEmpty)
                continue;
            foreach (var rules in PolicyCompiler.Compile(alone))
            {
                Assert.IsLessThanOrEqualTo(most, rules.PodEgress.PolicyEntries.Count + rules.PodIngress.PolicyEntries.Count);
                // One more per direction: the port policy that allows by default.
                Assert.IsLessThanOrEqualTo(most + 2, rules.PortPolicies.Count);
                // A range inside another one splits it.
                Assert.IsLessThanOrEqualTo(2 * most, rules.PortPolicies.Sum(p => p.Entries.Count));
            }
        }
    });

    [TestMethod]
    public void Other_namespaces_and_cluster_policies_are_not_charged()
    {
        var cluster = MultiplyingPolicies.OfLabels(20, 10, 4);
        var own = BudgetCheck.FindExceeded(cluster, Limit(1));
        var busy = ClusterSnapshot.Create(
            cluster.Namespaces, cluster.Pods, cluster.Nodes,
            [.. cluster.Policies, .. Enumerable.Range(0, 50).Select(i => Admin($"a{i}", i, InNamespaces(), ingress: [Deny(Pods("", $"b{i % 4}=1"), $"{i + 1}/TCP")]))]);
        for (var most = 1; most < 4000; most *= 2)
            Assert.AreEqual(BudgetCheck.FindExceeded(cluster, Limit(most)), BudgetCheck.FindExceeded(busy, Limit(most)));
        Assert.IsNotEmpty(own);

        static NamespaceBudget Limit(int most) => new() { Entries = most, PortRanges = most, PortPolicies = most };
    }

    [TestMethod]
    public void Message_names_limit_node_and_remedy()
    {
        var exceeded = Assert.ContainsSingle(BudgetCheck.FindExceeded(MultiplyingPolicies.OfNetworks(20, 50), NamespaceBudget.Default));
        Assert.AreEqual(new ExceededBudget(MultiplyingPolicies.Tenant, BudgetLimit.PortRanges, NamespaceBudget.Default.PortRanges, MultiplyingPolicies.Node), exceeded);
        Assert.AreEqual(
            "the NetworkPolicies of namespace tenant need more than 20,000 port ranges (port policies × ranges of the rules in them) on node n1; the pods that they select are isolated " +
            "and nothing is allowed by them. Join port ranges, or use the same ports in rules whose peers overlap, or raise --namespace-port-ranges of the controller.",
            exceeded.Message);
    }

    private static void AssertIsolated(ClusterSnapshot cluster, int megabytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var compiler = new IncrementalCompiler(budget: NamespaceBudget.Default);
        compiler.Apply(ClusterChanges.FromEmptyTo(cluster));
        Assert.IsLessThan((long)megabytes << 20, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual(MultiplyingPolicies.Tenant, Assert.ContainsSingle(compiler.ExceededBudgets).Namespace);
        var rules = compiler.RulesOf(MultiplyingPolicies.Node).RuleSet;
        var (c, d, tenant) = (Address("10.2.0.1"), Address("10.2.0.2"), Address("10.1.0.1"));
        var evaluate = new ClusterEvaluator([rules], cluster);
        Assert.AreEqual(Verdict.Allow, evaluate.Evaluate(new(c, d, Protocol.Tcp, 80)).Ingress.Verdict);
        Assert.AreEqual(Verdict.Deny, evaluate.Evaluate(new(c, d, Protocol.Tcp, 81)).Ingress.Verdict);
        var side = cluster.Policies.First(p => p.Id.Namespace == MultiplyingPolicies.Tenant).Ingress is null ? evaluate.Evaluate(new(tenant, Address("10.0.0.1"), Protocol.Tcp, 1)).Egress : evaluate.Evaluate(new(Address("10.1.0.2"), tenant, Protocol.Tcp, 1000)).Ingress;
        Assert.AreEqual((Verdict.Deny, Tier.NetworkPolicy), (side.Verdict, side.Tier));
        Assert.IsLessThan(300, rules.PortPolicies.Count);
        Assert.IsLessThan(300, rules.PodEgress.PolicyEntries.Count + rules.PodIngress.PolicyEntries.Count);
        // A change of another namespace is a separate change.
        var delta = Assert.ContainsSingle(compiler.Apply(ClusterDifference.Between(cluster, MultiplyingPolicies.WithNeighborLockedDown(cluster))));
        Assert.IsTrue(delta.PodIngress.Defaults.Added.All(r => r.Subject == c || r.Subject == d));
    }
}
