using CsCheck;
using NetPol.Compiler.Budgets;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Selection;

/// <summary>Networks that the same rules match share one identity, and adding or removing a network is a small change.</summary>
[TestClass]
public sealed class CidrPartitionerTests
{
    private const string Node = "n1";

    [TestMethod]
    public void Ten_thousand_networks_of_one_rule_have_one_identity()
    {
        var rules = PolicyCompiler.CompileNode(Cluster(NetworkPolicy("shop/list", ingress: [Rule(RuleAction.Allow, Scattered(10_000), ["443/TCP"])])), Node);
        Assert.HasCount(1, rules.PodIngress.Identities);
        Assert.HasCount(1, rules.PodIngress.PolicyEntries);
        Assert.HasCount(10_000, rules.PodIngress.Networks);
    }

    [TestMethod]
    public void Overlapping_networks_have_one_identity_per_rule_set()
    {
        // Nested networks from /14 to /32 in all combinations of three rules: at most 7 sets of rules.
        var random = new Random(3);
        var pool = Enumerable.Range(0, 3000).Select(_ => Network($"10.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}/{Math.Max(random.Next(14, 33), random.Next(14, 33))}")).ToArray();
        Rule[] ingress = [.. new[] { "80/TCP", "443/TCP", "53/UDP" }.Select(port => Rule(RuleAction.Allow, [.. pool.Where(_ => random.Next(2) == 0)], [port]))];
        var rules = PolicyCompiler.CompileNode(Cluster(NetworkPolicy("shop/list", ingress: ingress)), Node);
        Assert.HasCount(7, rules.PodIngress.Identities);
        Assert.IsGreaterThan(1000, rules.PodIngress.Networks.Count);
    }

    [TestMethod]
    public void One_more_network_moves_few_others()
    {
        var networks = Scattered(4_000).ToList();
        var random = new Random(5);
        var compiler = new IncrementalCompiler();
        var before = Cluster(NetworkPolicy("shop/list", ingress: [Rule(RuleAction.Allow, [.. networks], ["443/TCP"])]));
        compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, before));
        var moved = 0;
        for (var edit = 0; edit < 40; edit++)
        {
            if (edit % 2 == 0)
                networks.RemoveAt(edit < 20 ? 0 : random.Next(networks.Count));
            else
                networks.Insert(edit < 20 ? 0 : random.Next(networks.Count), Network($"198.18.{edit}.0/24"));
            var after = Cluster(NetworkPolicy("shop/list", ingress: [Rule(RuleAction.Allow, [.. networks], ["443/TCP"])]));
            var delta = Assert.ContainsSingle(compiler.Apply(ClusterDifference.Between(before, after)));
            Assert.IsGreaterThan(0, delta.PodIngress.Networks.Removed.Count + delta.PodIngress.Networks.Added.Count);
            moved += delta.PodIngress.Networks.Removed.Count + delta.PodIngress.Networks.Added.Count;
            before = after;
        }
        Assert.IsLessThan(100, moved);
    }

    [TestMethod]
    public void Second_policy_with_the_same_networks_moves_none()
    {
        var first = NetworkPolicy("shop/list", ingress: [Rule(RuleAction.Allow, Scattered(2_000), ["443/TCP"])]);
        var second = NetworkPolicy("shop/copy", ingress: [Rule(RuleAction.Allow, Scattered(2_000), ["80/TCP"])]);
        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, Cluster(first)));
        var delta = Assert.ContainsSingle(compiler.Apply(ClusterDifference.Between(Cluster(first), Cluster(first, second))));
        Assert.IsTrue(delta.PodIngress.Networks.IsEmpty);
        Assert.HasCount(1, delta.PodIngress.PolicyEntries.Added);
    }

    [TestMethod]
    public void Overlapping_networks_match_the_oracle() => Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 5], Gen.Int[1, 60]).ForAll(200, drawn =>
    {
        var networks = new OverlappingNetworks(drawn.Item1);
        var cluster = networks.Draw(drawn.Item2, drawn.Item3);
        Assert.IsNull(CompilerAgreement.CheckVerdicts(new(cluster, networks.Connections(cluster, 80)), Compile));
        Assert.IsNull(CompilerAgreement.CheckEntries(cluster, Compile));
    });

    [TestMethod]
    public void Thousands_of_overlapping_networks_match_the_oracle()
    {
        var networks = new OverlappingNetworks(11);
        var cluster = networks.Draw(4, 3_000);
        Assert.IsGreaterThan(3_000, cluster.Policies.SelectMany(p => p.Rules(Direction.Ingress) ?? []).Sum(r => r.Peers.Count));
        Assert.IsNull(CompilerAgreement.CheckVerdicts(new(cluster, networks.Connections(cluster, 300)), Compile));
    }

    [TestMethod]
    public void Edits_of_overlapping_networks_equal_a_full_compilation() => Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 4], Gen.Int[1, 25]).ForAll(80, drawn =>
    {
        var networks = new OverlappingNetworks(drawn.Item1);
        var cluster = networks.Draw(drawn.Item2, drawn.Item3);
        var compiler = new IncrementalCompiler();
        var edits = Enumerable.Range(0, 12).Select(i => new[] { new Step($"edit {i}", networks.Edit) });
        var fault = CompilerAgreement.CheckChanges(cluster, edits, Compile, c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Rules_whose_networks_overlap_without_bound_isolate_their_namespace()
    {
        // Each of 150 rules matches all addresses except a few. This gives 30,000 ranges, each in nearly all rules.
        var rules = Enumerable.Range(0, 150).Select(r => Allow(Network("0.0.0.0/0", [.. Enumerable.Range(0, 100).Select(i => $"10.{r}.{i}.1/32")]), $"{r + 1}/TCP"));
        var exceeded = Assert.ContainsSingle(BudgetCheck.FindExceeded(Cluster(NetworkPolicy("shop/holes", ingress: [.. rules])), NamespaceBudget.Default));
        Assert.AreEqual((BudgetLimit.Overlaps, "namespace-networks"), (exceeded.LimitType, exceeded.Flag));
        Assert.StartsWith("the NetworkPolicies of namespace shop need more than 2,000,000 overlaps (ranges of addresses × rules whose CIDR blocks hold them); ", exceeded.Message);
    }

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);

    private static ClusterSnapshot Cluster(params Policy[] policies) => ClusterSnapshot.Create(
        [new("shop", Labels(""))], [new(new("shop", "web"), Labels("app=web"), Node, [Address("172.16.0.1")], [])], [], policies);

    /// <summary>Returns networks that are not adjacent to each other.</summary>
    private static Peer[] Scattered(int count) => [.. Enumerable.Range(0, count).Select(i => Network($"{20 + (i / 16384)}.{i / 64 % 256}.{i % 64 * 4}.0/24"))];
}
