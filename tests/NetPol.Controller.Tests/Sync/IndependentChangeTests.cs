using NetPol.Agent.Dataplane;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;

namespace NetPol.Controller.Tests.Sync;

/// <summary>A large difference is programmed in parts, and small ones do not wait for it.</summary>
[TestClass, TestCategory("Unit")]
public sealed class IndependentChangeTests
{
    private const int Enough = 1000;

    private static readonly ushort[] Ports = [53, 80, 81, 8080, 1007];

    [TestMethod]
    public void Between_its_parts_every_pair_is_evaluated_as_before_the_change_or_as_after_it()
    {
        var cut = 0;
        CompilerAgreement.BusyWalks.ForAll(12, walk =>
        {
            var before = PolicyCompiler.Compile(walk.Cluster).ToDictionary(r => r.Node, StringComparer.Ordinal);
            var cluster = walk.Cluster;
            foreach (var batch in walk.Batches)
            {
                foreach (var step in batch)
                    cluster = step.Apply(cluster);
                foreach (var after in PolicyCompiler.Compile(cluster))
                {
                    var from = before.GetValueOrDefault(after.Node) ?? NodeRuleSet.CreateEmpty(after.Node);
                    foreach (var most in new[] { 1, 6, 25 })
                        cut += AssertParts(from, after, most);
                    before[after.Node] = after;
                }
            }
        });
        Assert.IsGreaterThan(100, cut, "changes were cut");
    }

    [TestMethod]
    public void A_neighbor_s_change_goes_before_the_policies_that_multiply()
    {
        foreach (var large in new[] { MultiplyingPolicies.OfLabels(43, 43, 16), MultiplyingPolicies.OfNetworks(8, 19), MultiplyingPolicies.OfBlocks(100, 198) })
        {
            var withoutTenant = ClusterSnapshot.Create(large.Namespaces, large.Pods, large.Nodes, large.Policies.Where(p => p.Id.Namespace != MultiplyingPolicies.Tenant));
            var before = PolicyCompiler.CompileNode(withoutTenant, MultiplyingPolicies.Node);
            var after = PolicyCompiler.CompileNode(MultiplyingPolicies.WithNeighborLockedDown(large), MultiplyingPolicies.Node);
            var first = DeltaSplitter.TakeFirst(before, NodeRuleSetDelta.Between(before, after), 500);
            Assert.IsTrue(first.PodIngress.Defaults.Added.Any(r => r.Subject == IpAddress.Parse("10.2.0.1")), "the neighbor's pod is locked down by the first part");
            Assert.IsTrue(first.PodEgress.Defaults.Added.Any(r => r.Subject == IpAddress.Parse("10.2.0.2")));
            Assert.IsFalse(first.PodIngress.Defaults.Added.Concat(first.PodEgress.Defaults.Added).Any(r => r.Subject.ToString().StartsWith("10.1.", StringComparison.Ordinal)));
            AssertParts(before, after, 500);
        }
    }

    [TestMethod]
    public void A_change_that_opens_a_connection_is_never_taken_for_one_that_only_closes()
    {
        var (closing, opening, mistaken) = (0, 0, 0);
        CompilerAgreement.BusyWalks.ForAll(15, walk =>
        {
            var before = PolicyCompiler.Compile(walk.Cluster).ToDictionary(r => r.Node, StringComparer.Ordinal);
            var cluster = walk.Cluster;
            foreach (var step in walk.Batches.SelectMany(b => b))
            {
                cluster = step.Apply(cluster);
                foreach (var after in PolicyCompiler.Compile(cluster))
                {
                    var from = before.GetValueOrDefault(after.Node) ?? NodeRuleSet.CreateEmpty(after.Node);
                    var (opens, closes) = Effect(from, after);
                    var change = NodeRuleSetDelta.Between(from, after);
                    var mayOpen = DeltaSplitter.MayOpen(from, change);
                    Assert.IsTrue(mayOpen || !opens, "a change opens a connection");
                    (closing, opening, mistaken) = (closing + (closes && !opens ? 1 : 0), opening + (opens ? 1 : 0), mistaken + (closes && !opens && mayOpen && change.NodeAddresses.IsEmpty && change.PodCidrs.IsEmpty ? 1 : 0));
                    before[after.Node] = after;
                }
            }
        });
        Assert.IsTrue(closing > 20 && opening > 20, $"{closing} changes close, {opening} open");
        Assert.IsLessThan(closing / 3, mistaken, $"{mistaken} of {closing} changes that only close count as opening");
    }

    [TestMethod]
    public void A_heavier_change_that_closes_goes_before_a_lighter_one_that_opens()
    {
        var before = Rules(Make.NetworkPolicy("a/deny", ingress: []));
        var after = Rules(Make.NetworkPolicy("b/some", "app=close", ingress: [Make.Allow(Make.PodsIn("b", "app=peer"), "80/TCP"), Make.Allow(Make.Network("198.51.100.0/24"), "81/TCP")], egress: []));
        var change = NodeRuleSetDelta.Between(before, after);
        var firsts = Enumerable.Range(1, DeltaSplitter.Weigh(change)).Select(most => DeltaSplitter.TakeFirst(before, change, most)).ToList();
        var fits = firsts.FindIndex(Closes);
        Assert.IsFalse(Opens(firsts[fits]), "a/open waits where only one of them is in the first part");
        Assert.IsTrue(Opens(firsts[fits - 1]), "a change above the limit waits for a small one");

        static bool Closes(NodeRuleSetDelta part) => part.PodIngress.Defaults.Added.Any(r => r.Subject == IpAddress.Parse("10.0.0.2"));

        static bool Opens(NodeRuleSetDelta part) => part.PodIngress.Defaults.Removed.Any(r => r.Subject == IpAddress.Parse("10.0.0.1"));

        static NodeRuleSet Rules(Policy policy) => PolicyCompiler.CompileNode(
            new TestCluster().Pod("a/open", "10.0.0.1", "app=open", node: "n1").Pod("b/close", "10.0.0.2", "app=close", node: "n1").Pod("b/peer", "10.0.0.3", "app=peer", node: "n1").WithPolicies(policy).Snapshot, "n1");
    }

    [TestMethod]
    public void Many_light_changes_of_one_namespace_go_after_those_of_others()
    {
        var before = Rules(Make.NetworkPolicy("small/deny", ingress: [], egress: []));
        var after = Rules([.. Enumerable.Range(1, 40).Select(i => Make.NetworkPolicy($"many/n{i}", $"app=p{i}", ingress: []))]);
        var first = DeltaSplitter.TakeFirst(before, NodeRuleSetDelta.Between(before, after), 60);
        Assert.IsTrue(first.PodIngress.Defaults.Removed.Any(r => r.Subject == IpAddress.Parse("10.0.1.1")), "the small namespace opens although the other one closes");

        static NodeRuleSet Rules(params Policy[] policies) => PolicyCompiler.CompileNode(
            Enumerable.Range(1, 40).Aggregate(new TestCluster().Pod("small/p", "10.0.1.1", "app=p", node: "n1"), (c, i) => c.Pod($"many/p{i}", $"10.0.0.{i}", $"app=p{i}", node: "n1")).WithPolicies(policies).Snapshot, "n1");
    }

    [TestMethod]
    public void A_small_change_is_not_cut()
    {
        var before = PolicyCompiler.CompileNode(new TestCluster().Pod("a/p", "10.0.0.1", "app=p", node: "n1").Snapshot, "n1");
        var after = PolicyCompiler.CompileNode(new TestCluster().Pod("a/p", "10.0.0.1", "app=p", node: "n1").WithPolicies(Make.NetworkPolicy("a/deny", ingress: [])).Snapshot, "n1");
        var change = NodeRuleSetDelta.Between(before, after);
        Assert.AreSame(change, DeltaSplitter.TakeFirst(before, change, 100));
    }

    /// <returns>How many parts besides the first.</returns>
    private static int AssertParts(NodeRuleSet before, NodeRuleSet after, int most)
    {
        var (rules, parts) = (before, 0);
        for (var left = NodeRuleSetDelta.Between(rules, after); !left.IsEmpty; left = NodeRuleSetDelta.Between(rules, after))
        {
            var part = DeltaSplitter.TakeFirst(rules, left, most);
            Assert.IsFalse(part.IsEmpty, "a part is empty");
            rules = part.Apply(rules);
            Assert.IsNull(RuleSetIntegrity.FindViolation(rules), RuleSetIntegrity.FindViolation(rules));
            AssertVerdicts(before, rules, after);
            Assert.IsLessThan(Enough, ++parts, "the parts do not end");
        }
        Assert.AreEqual(after, rules);
        return Math.Max(0, parts - 1);
    }

    /// <returns>Whether a pair of addresses of these rules can open a connection that it could not open before, and the reverse.</returns>
    private static (bool Opens, bool Closes) Effect(NodeRuleSet before, NodeRuleSet after)
    {
        var (was, becomes) = (new RuleSetEvaluator(before), new RuleSetEvaluator(after));
        var (opens, closes) = (false, false);
        foreach (var (subject, peer) in Pairs([before, after]))
        {
            foreach (var port in Ports)
            {
                var (sends, takes) = (new Connection(subject, peer, NetPol.Model.Net.Protocol.Tcp, port), new Connection(peer, subject, NetPol.Model.Net.Protocol.Tcp, port));
                Add(r => !r.IsUnready(subject) && r.EvaluatePodEgress(sends).Verdict == Verdict.Allow);
                Add(r => !r.IsUnready(subject) && r.EvaluatePodIngress(takes).Verdict == Verdict.Allow);
                Add(r => !r.IsUnready(subject) && r.EvaluatePodToHost(sends).Verdict == Verdict.Allow);
            }
        }
        return (opens, closes);

        void Add(Func<RuleSetEvaluator, bool> allows)
        {
            var (could, can) = (allows(was), allows(becomes));
            opens |= can && !could;
            closes |= could && !can;
        }
    }

    private static IEnumerable<(IpAddress Subject, IpAddress Peer)> Pairs(NodeRuleSet[] ends)
    {
        var points = ends.SelectMany(r => Enum.GetValues<EnforcementPoint>().Select(r.RulesAt)).ToList();
        var subjects = points.SelectMany(h => h.Defaults).Select(r => r.Subject).Concat(ends.SelectMany(r => r.ReadyPods)).Distinct().Take(40).ToList();
        var peers = points.SelectMany(h => h.Peers).Select(p => p.Address).Concat(subjects)
            .Concat(points.SelectMany(h => h.Networks).SelectMany(n => new[] { n.Range.First, n.Range.Last })).Distinct().Take(60).ToList();
        return subjects.SelectMany(_ => peers, (s, p) => (s, p)).Where(p => p.s.Family == p.p.Family);
    }

    private static void AssertVerdicts(NodeRuleSet before, NodeRuleSet rules, NodeRuleSet after)
    {
        var (was, at, becomes) = (new RuleSetEvaluator(before), new RuleSetEvaluator(rules), new RuleSetEvaluator(after));
        foreach (var (subject, peer) in Pairs([before, after]))
        {
            Assert.IsTrue(at.IsUnready(subject) == was.IsUnready(subject) || at.IsUnready(subject) == becomes.IsUnready(subject));
            foreach (var port in Ports)
            {
                var (sends, takes) = (new Connection(subject, peer, NetPol.Model.Net.Protocol.Tcp, port), new Connection(peer, subject, NetPol.Model.Net.Protocol.Tcp, port));
                AssertOne("egress", sends, r => r.EvaluatePodEgress(sends));
                AssertOne("ingress", takes, r => r.EvaluatePodIngress(takes));
                AssertOne("egress to node", sends, r => r.EvaluatePodToHost(sends));
            }

            void AssertOne(string point, Connection connection, Func<RuleSetEvaluator, Decision> evaluate)
            {
                var decision = evaluate(at);
                Assert.IsTrue(decision == evaluate(was) || decision == evaluate(becomes), $"{point} {connection}: {decision} between {evaluate(was)} and {evaluate(becomes)}");
            }
        }
    }
}
