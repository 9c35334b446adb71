using NetPol.Agent.Enforcing;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Controller.Tests.Streaming;

/// <summary>A large difference comes into force in parts that small ones do not wait for.</summary>
[TestClass, TestCategory("Unit")]
public sealed class IndependentChangesTests
{
    private const int Enough = 1000;

    private static readonly ushort[] Ports = [53, 80, 81, 8080, 1007];

    [TestMethod]
    public void Between_its_parts_every_pair_is_judged_as_before_the_change_or_as_after_it()
    {
        var cut = 0;
        Agreement.BusyWalks.Holds(12, walk =>
        {
            var before = PolicyCompiler.Compile(walk.World).ToDictionary(r => r.Node, StringComparer.Ordinal);
            var world = walk.World;
            foreach (var batch in walk.Batches)
            {
                foreach (var step in batch)
                    world = step.Apply(world);
                foreach (var after in PolicyCompiler.Compile(world))
                {
                    var from = before.GetValueOrDefault(after.Node) ?? NodeRuleSet.EmptyFor(after.Node);
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
            var quiet = ClusterSnapshot.Create(large.Namespaces, large.Pods, large.Nodes, large.Policies.Where(p => p.Id.Namespace != MultiplyingPolicies.Tenant));
            var before = PolicyCompiler.CompileNode(quiet, MultiplyingPolicies.Node);
            var after = PolicyCompiler.CompileNode(MultiplyingPolicies.WithNeighborLockedDown(large), MultiplyingPolicies.Node);
            var first = IndependentChanges.First(before, NodeRuleSetDelta.Between(before, after), 500);
            Assert.IsTrue(first.Ingress.Rest.Added.Any(r => r.Subject == IpAddress.Parse("10.2.0.1")), "the neighbor's pod is locked down by the first part");
            Assert.IsTrue(first.Egress.Rest.Added.Any(r => r.Subject == IpAddress.Parse("10.2.0.2")));
            Assert.IsFalse(first.Ingress.Rest.Added.Concat(first.Egress.Rest.Added).Any(r => r.Subject.ToString().StartsWith("10.1.", StringComparison.Ordinal)));
            AssertParts(before, after, 500);
        }
    }

    [TestMethod]
    public void A_small_change_is_not_cut()
    {
        var before = PolicyCompiler.CompileNode(new World().Pod("a/p", "10.0.0.1", "app=p", node: "n1").Snapshot, "n1");
        var after = PolicyCompiler.CompileNode(new World().Pod("a/p", "10.0.0.1", "app=p", node: "n1").With(Make.NetworkPolicy("a/deny", ingress: [])).Snapshot, "n1");
        var change = NodeRuleSetDelta.Between(before, after);
        Assert.AreSame(change, IndependentChanges.First(before, change, 100));
    }

    /// <returns>How many parts besides the first.</returns>
    private static int AssertParts(NodeRuleSet before, NodeRuleSet after, int most)
    {
        var (rules, parts) = (before, 0);
        for (var left = NodeRuleSetDelta.Between(rules, after); !left.IsEmpty; left = NodeRuleSetDelta.Between(rules, after))
        {
            var part = IndependentChanges.First(rules, left, most);
            Assert.IsFalse(part.IsEmpty, "a part is empty");
            rules = part.Apply(rules);
            Assert.IsNull(RuleSetIntegrity.Fault(rules), RuleSetIntegrity.Fault(rules));
            AssertVerdicts(before, rules, after);
            Assert.IsLessThan(Enough, ++parts, "the parts do not end");
        }
        Assert.AreEqual(after, rules);
        return Math.Max(0, parts - 1);
    }

    private static void AssertVerdicts(NodeRuleSet before, NodeRuleSet rules, NodeRuleSet after)
    {
        var (was, at, becomes) = (new RuleSetEvaluator(before), new RuleSetEvaluator(rules), new RuleSetEvaluator(after));
        NodeRuleSet[] ends = [before, after];
        var hooks = ends.SelectMany(r => Enum.GetValues<Hook>().Select(r.Rules)).ToList();
        var subjects = hooks.SelectMany(h => h.Rest).Select(r => r.Subject).Concat(ends.SelectMany(r => r.KnownPods)).Distinct().Take(40).ToList();
        var peers = hooks.SelectMany(h => h.Peers).Select(p => p.Address).Concat(subjects)
            .Concat(hooks.SelectMany(h => h.Networks).SelectMany(n => new[] { n.Range.First, n.Range.Last })).Distinct().Take(60).ToList();
        foreach (var (subject, peer) in subjects.SelectMany(_ => peers, (s, p) => (s, p)).Where(p => p.s.Family == p.p.Family))
        {
            Assert.IsTrue(at.Holds(subject) == was.Holds(subject) || at.Holds(subject) == becomes.Holds(subject));
            foreach (var port in Ports)
            {
                var (sends, takes) = (new Connection(subject, peer, Model.Protocol.Tcp, port), new Connection(peer, subject, Model.Protocol.Tcp, port));
                AssertOne("egress", sends, r => r.Egress(sends));
                AssertOne("ingress", takes, r => r.Ingress(takes));
                AssertOne("egress to node", sends, r => r.EgressToNode(sends));
            }

            void AssertOne(string hook, Connection connection, Func<RuleSetEvaluator, Decision> judge)
            {
                var decision = judge(at);
                Assert.IsTrue(decision == judge(was) || decision == judge(becomes), $"{hook} {connection}: {decision} between {judge(was)} and {judge(becomes)}");
            }
        }
    }
}
