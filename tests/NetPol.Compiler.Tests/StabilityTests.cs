using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The same state gives the same rule sets, and little changes where little happens.</summary>
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
    public void One_node_compiles_to_what_it_is_among_all()
    {
        var state = Busy().Snapshot;
        foreach (var expected in PolicyCompiler.Compile(state))
            Assert.IsTrue(expected == PolicyCompiler.CompileNode(state, expected.Node), expected.Node);
    }

    [TestMethod]
    public void A_node_that_nothing_names_has_the_empty_rule_set() =>
        Assert.AreEqual(NodeRuleSet.EmptyFor("nowhere"), PolicyCompiler.CompileNode(Busy().Snapshot, "nowhere"));

    [TestMethod]
    public void Every_node_that_is_an_object_or_that_a_pod_names_has_a_rule_set()
    {
        var state = ClusterSnapshot.Create([], [new(new("a", "x"), Model.Cluster.Labels.None, "b-node", [], [])], [new("a-node", Model.Cluster.Labels.None, [])], []);
        Assert.AreEqual("a-node b-node", string.Join(' ', PolicyCompiler.Compile(state).Select(r => r.Node)));
    }

    [TestMethod]
    public void A_new_peer_is_one_element()
    {
        var before = Ingress(Busy());
        var after = Ingress(Busy().Pod("a/web-9", "10.0.0.99", "app=web", node: "node-2"));
        var delta = NodeRuleSetDelta.Between(before, after);
        Assert.AreEqual(new Change<PeerAddress>([], [new(Address("10.0.0.99"), ClassOf(before, "10.0.0.1"))]), delta.Ingress.Peers);
        Assert.AreEqual(NodeRuleSetDelta.Between(before, before) with { Ingress = HookRulesDelta.Empty with { Peers = delta.Ingress.Peers } }, delta);
    }

    [TestMethod]
    public void A_pod_that_no_rule_names_changes_nothing()
    {
        var before = Ingress(Busy());
        Assert.IsTrue(before == Ingress(Busy().Pod("z/stranger", "10.0.0.99", "app=stranger", node: "node-2")));
    }

    [TestMethod]
    public void A_new_policy_on_this_node_leaves_the_classes_that_it_does_not_name()
    {
        var before = Ingress(Busy());
        var after = Ingress(Busy().With(NetworkPolicy("b/more", "app=db", ingress: [Allow(Pods("", "app=stranger"))])));
        CollectionAssert.IsSubsetOf(before.Ingress.Classes.ToArray(), after.Ingress.Classes.ToArray());
    }

    [TestMethod]
    public void A_pod_to_which_no_policy_applies_is_no_subject()
    {
        var rules = Ingress(Busy().Pod("z/free", "10.0.0.99", node: "node-1"));
        Assert.IsFalse(rules.Ingress.Rest.Any(r => r.Subject == Address("10.0.0.99")));
        Assert.IsFalse(rules.Egress.Rest.Any(r => r.Subject == Address("10.0.0.99")));
    }

    [TestMethod]
    public void Only_decisions_and_profiles_in_use_are_listed()
    {
        foreach (var rules in PolicyCompiler.Compile(Busy().Snapshot))
        {
            var hooks = new[] { rules.Egress, rules.Ingress, rules.EgressToNode };
            var profiles = hooks.SelectMany(h => h.Rest.Concat(h.Self).Select(r => r.Profile).Concat(h.Cells.Select(c => c.Profile))).Distinct().Order();
            CollectionAssert.AreEqual(profiles.ToArray(), rules.Profiles.Select(p => p.Id).ToArray());
            var decisions = rules.Profiles.SelectMany(p => p.Cells.Select(c => c.Decision).Append(p.Otherwise)).Distinct().Order();
            CollectionAssert.AreEqual(decisions.ToArray(), rules.Decisions.Select(d => d.Id).ToArray());
        }
    }

    private static ClassId ClassOf(NodeRuleSet rules, string address) => rules.Ingress.Peers.Single(p => p.Address == Address(address)).Class;

    private static NodeRuleSet Ingress(World world) => PolicyCompiler.CompileNode(world.Snapshot, "node-1");

    /// <summary>Two nodes, every kind of policy and of peer.</summary>
    private static World Busy() => new World()
        .Node("node-1", "192.168.0.1", "pool=x").Node("node-2", "192.168.0.2")
        .Namespace("a", "team=x").Namespace("b", "team=x")
        .Pod("a/web", "10.0.0.1,fd00::1", "app=web", "http=80/TCP").Pod("a/web-2", "10.0.0.4", "app=web", "http=81/TCP", "node-2")
        .Pod("b/db", "10.0.0.2,fd00::2", "app=db").Pod("b/other", "10.0.0.3", "app=other", "http=80/TCP", "node-2")
        .With(
            NetworkPolicy("b/np", "app=db", ingress: [Allow(Pods("team=x", "app=web"), "5432/TCP"), Allow(Network("10.0.0.0/24", "10.0.0.2/31"))]),
            NetworkPolicy("a/np", egress: [Allow(Anyone(), "http/TCP")]),
            Admin("admin", 3, InNamespaces("team=x"), [Pass(Pods("team=x")), Deny(Pods("team"))], [Deny(Nodes("pool=x"), "22/TCP")]),
            Cluster("cluster", Tier.Admin, 3, InNamespaces("team"), egress: [Deny(Network("169.254.169.254/32"))]),
            Baseline(InNamespaces("team"), [Deny(Pods("team"))]));
}
