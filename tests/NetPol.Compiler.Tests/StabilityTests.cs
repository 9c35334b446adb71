using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>Equal states give equal rule sets, and small changes give small deltas.</summary>
[TestClass]
public sealed class StabilityTests
{
    [TestMethod]
    public void Objects_in_any_order_give_the_same_rule_sets()
    {
        var state = Busy().Snapshot;
        var expected = PolicyCompiler.Compile(state);
        Gen.Select(
            Gen.Shuffle(state.Namespaces.ToArray()), Gen.Shuffle(state.Pods.ToArray()), Gen.Shuffle(state.Nodes.ToArray()), Gen.Shuffle(state.Policies.ToArray()))
            .Sample((namespaces, pods, nodes, policies) => PolicyCompiler.Compile(ClusterSnapshot.Create(namespaces, pods, nodes, policies)) == expected, iter: 30);
    }

    [TestMethod]
    public void Single_node_compilation_equals_the_full_one()
    {
        var state = Busy().Snapshot;
        foreach (var expected in PolicyCompiler.Compile(state))
            Assert.IsTrue(expected == PolicyCompiler.CompileNode(state, expected.Node), expected.Node);
    }

    [TestMethod]
    public void Unknown_node_has_an_empty_rule_set() =>
        Assert.AreEqual(NodeRuleSet.CreateEmpty("nowhere"), PolicyCompiler.CompileNode(Busy().Snapshot, "nowhere"));

    [TestMethod]
    public void Every_node_object_or_named_node_has_a_rule_set()
    {
        var state = ClusterSnapshot.Create([], [new(new("a", "x"), NetPol.Model.Labels.None, "b-node", [], [])], [new("a-node", NetPol.Model.Labels.None, [])], []);
        Assert.AreEqual("a-node b-node", string.Join(' ', PolicyCompiler.Compile(state).Select(r => r.Node)));
    }

    [TestMethod]
    public void A_new_peer_is_one_element()
    {
        var before = Ingress(Busy());
        var after = Ingress(Busy().Pod("a/web-9", "10.0.0.99", "app=web", node: "node-2"));
        var delta = NodeRuleSetDelta.Between(before, after);
        Assert.AreEqual(new ListChange<PeerAddress>([], [new(Address("10.0.0.99"), ClassOf(before, "10.0.0.1"))]), delta.PodIngress.Peers);
        Assert.AreEqual(NodeRuleSetDelta.Between(before, before) with { PodIngress = EnforcementRulesDelta.Empty with { Peers = delta.PodIngress.Peers } }, delta);
    }

    [TestMethod]
    public void A_pod_that_no_rule_names_changes_nothing()
    {
        var before = Ingress(Busy());
        Assert.IsTrue(before == Ingress(Busy().Pod("z/other", "10.0.0.99", "app=other", node: "node-2")));
    }

    [TestMethod]
    public void New_policy_keeps_unrelated_identities()
    {
        var before = Ingress(Busy());
        var after = Ingress(Busy().WithPolicies(NetworkPolicy("b/more", "app=db", ingress: [Allow(Pods("", "app=other"))])));
        CollectionAssert.IsSubsetOf(before.PodIngress.Identities.ToArray(), after.PodIngress.Identities.ToArray());
    }

    [TestMethod]
    public void Pod_without_policies_is_no_subject()
    {
        var rules = Ingress(Busy().Pod("z/free", "10.0.0.99", node: "node-1"));
        Assert.IsFalse(rules.PodIngress.Defaults.Any(r => r.Subject == Address("10.0.0.99")));
        Assert.IsFalse(rules.PodEgress.Defaults.Any(r => r.Subject == Address("10.0.0.99")));
    }

    [TestMethod]
    public void Only_used_decisions_and_port_policies_are_listed()
    {
        foreach (var rules in PolicyCompiler.Compile(Busy().Snapshot))
        {
            var points = new[] { rules.PodEgress, rules.PodIngress, rules.PodToHost };
            var portPolicies = points.SelectMany(h => h.Defaults.Concat(h.Self).Select(r => r.PortPolicy).Concat(h.PolicyEntries.Select(c => c.PortPolicy))).Distinct().Order();
            CollectionAssert.AreEqual(portPolicies.ToArray(), rules.PortPolicies.Select(p => p.Id).ToArray());
            var decisions = rules.PortPolicies.SelectMany(p => p.Entries.Select(c => c.Decision).Append(p.Default)).Distinct().Order();
            CollectionAssert.AreEqual(decisions.ToArray(), rules.Decisions.Select(d => d.Id).ToArray());
        }
    }

    private static PeerIdentity ClassOf(NodeRuleSet rules, string address) => rules.PodIngress.Peers.Single(p => p.Address == Address(address)).Identity;

    private static NodeRuleSet Ingress(TestCluster cluster) => PolicyCompiler.CompileNode(cluster.Snapshot, "node-1");

    /// <summary>A cluster with two nodes and every kind of policy and peer.</summary>
    private static TestCluster Busy() => new TestCluster()
        .Node("node-1", "192.168.0.1", "pool=x").Node("node-2", "192.168.0.2")
        .Namespace("a", "team=x").Namespace("b", "team=x")
        .Pod("a/web", "10.0.0.1,fd00::1", "app=web", "http=80/TCP").Pod("a/web-2", "10.0.0.4", "app=web", "http=81/TCP", "node-2")
        .Pod("b/db", "10.0.0.2,fd00::2", "app=db").Pod("b/other", "10.0.0.3", "app=other", "http=80/TCP", "node-2")
        .WithPolicies(
            NetworkPolicy("b/np", "app=db", ingress: [Allow(Pods("team=x", "app=web"), "5432/TCP"), Allow(Network("10.0.0.0/24", "10.0.0.2/31"))]),
            NetworkPolicy("a/np", egress: [Allow(Anyone(), "http/TCP")]),
            Admin("admin", 3, InNamespaces("team=x"), [Pass(Pods("team=x")), Deny(Pods("team"))], [Deny(Nodes("pool=x"), "22/TCP")]),
            Cluster("cluster", Tier.Admin, 3, InNamespaces("team"), egress: [Deny(Network("169.254.169.254/32"))]),
            Baseline(InNamespaces("team"), [Deny(Pods("team"))]));
}
