using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Oracles;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary><c>nodes</c> is a security boundary: Deny covers every address of a node; Accept, Allow and Pass match only <c>status.addresses</c>.</summary>
[TestClass]
public sealed class NodesPeerTests
{
    private static readonly PodSelection Everyone = InNamespaces();

    [TestMethod]
    [DataRow("192.168.0.11", DisplayName = "its status")]
    [DataRow("169.254.1.1", DisplayName = "the pods' gateway")]
    [DataRow("172.17.0.1", DisplayName = "docker0")]
    [DataRow("10.244.1.1", DisplayName = "cni0")]
    [DataRow("fd00:244:1::1", DisplayName = "cni0, IPv6")]
    [DataRow("fe80::1", DisplayName = "IPv6 link-local")]
    public void A_deny_covers_everything_that_the_own_node_takes(string address) =>
        Assert.AreEqual(Verdict.Deny, ToOwnNode(Denying(Deny(Nodes())), address));

    [TestMethod]
    public void A_deny_of_other_nodes_leaves_the_own_node_open() =>
        Assert.AreEqual(Verdict.Allow, ToOwnNode(Denying(Deny(Nodes("pool=y"))), "172.17.0.1"));

    [TestMethod]
    public void A_deny_covers_the_own_node_while_its_object_is_not_there()
    {
        var cluster = TwoNodes("pool=x").WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Nodes("pool=x"))])).Snapshot;
        Assert.AreEqual(Verdict.Deny, ToOwnNode(ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, [], cluster.Policies), "172.17.0.1"));
    }

    [TestMethod]
    public void A_deny_covers_what_the_agents_of_the_selected_nodes_report()
    {
        var evaluated = new EvaluatedTestCluster(TwoNodes("pool=x").WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Nodes("pool=y"))])));
        evaluated.Denies("a/web", "192.168.0.12", "80/TCP");
        evaluated.Denies("a/web", "10.244.2.1", "80/TCP", "ICMP");
        evaluated.Denies("a/web", "fd00:244:2::1", "80/TCP");
        evaluated.Allows("a/web", "10.244.1.1", "80/TCP");
    }

    [TestMethod]
    [DataRow(RuleAction.Allow)]
    [DataRow(RuleAction.Pass)]
    public void Allow_and_pass_open_the_status_alone(RuleAction action)
    {
        var rules = new[] { Make.Rule(action, [Nodes()], []), Deny(Network("0.0.0.0/0")), Deny(Network("::/0")) };
        var cluster = TwoNodes("pool=x").WithPolicies(Admin("a", 1, Everyone, egress: rules));
        var evaluated = new EvaluatedTestCluster(cluster);
        evaluated.Allows("a/web", "192.168.0.12", "80/TCP");
        evaluated.Allows("a/web", "192.168.0.11", "80/TCP");
        evaluated.Denies("a/web", "10.244.2.1", "80/TCP");
        evaluated.Denies("a/web", "10.244.1.1", "80/TCP");
        evaluated.Denies("a/web", "fd00:244:2::1", "80/TCP");
        Assert.AreEqual(Verdict.Deny, ToOwnNode(cluster.Snapshot, "172.17.0.1"));
    }

    [TestMethod]
    public void A_pass_that_fails_closed_covers_all_that_a_deny_covers()
    {
        var cluster = TwoNodes("pool=x").WithPolicies(Admin("a", 1, Everyone, egress: [Make.Rule(RuleAction.Pass, [Nodes()], ["?"])]));
        new EvaluatedTestCluster(cluster).Denies("a/web", "10.244.2.1", "80/TCP");
        Assert.AreEqual(Verdict.Deny, ToOwnNode(cluster.Snapshot, "172.17.0.1"));
    }

    [TestMethod]
    public void Reported_address_is_the_own_node_and_skips_NetworkPolicy()
    {
        var evaluated = new EvaluatedTestCluster(TwoNodes("pool=x").WithPolicies(NetworkPolicy("a/np", ingress: [], egress: [])));
        evaluated.Allows("a/web", "10.244.1.1", "80/TCP");
        evaluated.Allows("10.244.1.1", "a/web", "80/TCP");
        evaluated.Denies("a/web", "10.244.2.1", "80/TCP");
    }

    [TestMethod]
    public void A_label_that_selects_the_own_node_takes_effect_both_ways()
    {
        var policy = Admin("a", 1, Everyone, egress: [Deny(Nodes("pool=y"))]);
        var (other, selected) = (TwoNodes("pool=x").WithPolicies(policy).Snapshot, TwoNodes("pool=y").WithPolicies(policy).Snapshot);
        var compiler = new IncrementalCompiler();
        _ = compiler.Apply(ClusterChanges.FromEmptyTo(other));
        Assert.AreEqual(Verdict.Allow, ToOwnNode(other, "172.17.0.1", compiler));
        _ = compiler.Apply(ClusterDifference.Between(other, selected));
        Assert.AreEqual(Verdict.Deny, ToOwnNode(selected, "172.17.0.1", compiler));
        _ = compiler.Apply(ClusterDifference.Between(selected, other));
        Assert.AreEqual(Verdict.Allow, ToOwnNode(other, "172.17.0.1", compiler));
    }

    [TestMethod]
    public void An_explanation_says_why_a_deny_covers_the_address()
    {
        var explainer = new Explainer(Denying(Deny(Nodes())));
        Assert.AreEqual("nodes *: a Deny covers every address of the pod's own node node-1", Why(explainer, "10.244.1.1"));
        Assert.AreEqual("nodes *: a Deny covers the addresses that node node-2 reports", Why(explainer, "10.244.2.1"));
        Assert.AreEqual("nodes *: node node-2", Why(explainer, "192.168.0.12"));
    }

    private static string Why(Explainer explainer, string to) =>
        explainer.Explain(new Connection(Address("10.0.0.1"), Address(to), Protocol.Tcp, 80)).Egress.Tiers[0].Steps[0].Peer.Why;

    private static TestCluster TwoNodes(string ownLabels) => new TestCluster()
        .Node("node-1", "192.168.0.11", ownLabels, "10.244.1.1,fd00:244:1::1").Node("node-2", "192.168.0.12", "pool=y", "10.244.2.1,fd00:244:2::1")
        .Pod("a/web", "10.0.0.1,fd00::1");

    private static ClusterSnapshot Denying(Rule rule) => TwoNodes("pool=x").WithPolicies(Admin("a", 1, Everyone, egress: [rule])).Snapshot;

    /// <summary>Evaluates a connection that the pod's own node accepts. The oracle must agree.</summary>
    private static Verdict ToOwnNode(ClusterSnapshot cluster, string address, IncrementalCompiler? compiler = null)
    {
        var to = Address(address);
        var connection = new Connection(Address(to.Family == IpFamily.V4 ? "10.0.0.1" : "fd00::1"), to, Protocol.Tcp, 10250);
        var rules = compiler?.RulesOf("node-1").RuleSet ?? PolicyCompiler.CompileNode(cluster, "node-1");
        var decision = new RuleSetEvaluator(rules).EvaluatePodToHost(connection);
        Assert.AreEqual(Oracle.EvaluatePodToHost(cluster, connection), decision, "the oracle");
        return decision.Verdict;
    }
}
