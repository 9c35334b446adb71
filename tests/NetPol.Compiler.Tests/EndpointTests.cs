using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The rules for pods, addresses and their changes over time.</summary>
[TestClass]
public sealed class EndpointTests
{
    [TestMethod]
    public void A_finished_pod_is_a_subject_and_no_peer()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/done", "10.0.0.3", "app=web", "http=80/TCP", finished: true).WithPolicies(
            NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"))]),
            NetworkPolicy("a/np", ingress: [Allow(Anyone(), "http/TCP")], egress: [Allow(Network("192.0.2.1/32"))])));
        evaluated.Denies("a/done", "b/db", "80/TCP");
        evaluated.Allows("b/db", "a/done", "80/TCP");
        evaluated.Denies("b/db", "a/done", "81/TCP");
        evaluated.Allows("a/done", "192.0.2.1", "80/TCP");
        evaluated.Denies("a/done", "192.0.2.2", "80/TCP");
    }

    [TestMethod]
    public void A_finished_pod_is_no_subject_while_another_pod_has_its_address()
    {
        var shared = TwoPods().Pod("a/done", "10.0.0.3", "app=done", finished: true).Pod("c/next", "10.0.0.3", node: "node-2").WithPolicies(NetworkPolicy("a/np", ingress: [], egress: []));
        var evaluated = new EvaluatedTestCluster(shared);
        evaluated.Allows("c/next", "b/db", "80/TCP");
        evaluated.Allows("b/db", "c/next", "80/TCP");
        var rules = PolicyCompiler.Compile(shared.Snapshot);
        Assert.IsFalse(rules.Any(r => r.PodIngress.Defaults.Any(s => s.Subject == Address("10.0.0.3"))));
    }

    [TestMethod]
    public void Finished_pods_with_one_address_are_evaluated_as_both()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/one", "10.0.0.3", "app=one", finished: true).Pod("a/two", "10.0.0.3", "app=two", finished: true).WithPolicies(
            NetworkPolicy("a/one", "app=one", egress: [Allow(Anyone(), "1/TCP")]), NetworkPolicy("a/two", "app=two", egress: [Allow(Anyone(), "2/TCP")])));
        evaluated.Allows("10.0.0.3", "b/db", "1/TCP", "2/TCP");
        evaluated.Denies("10.0.0.3", "b/db", "3/TCP");
    }

    [TestMethod]
    public void A_finished_pod_is_not_its_own_peer()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/done", "10.0.0.3", "app=done", finished: true).WithPolicies(
            Admin("a", 1, InNamespaces("", "app=done"), ingress: [Deny(Pods("", "app=done"))], egress: [Deny(Pods("", "app=done"))]), NetworkPolicy("a/np", egress: [])));
        evaluated.Allows("a/done", "a/done", "80/TCP");
    }

    [TestMethod]
    public void Address_of_a_finished_pod_moves_to_another_node_and_back()
    {
        var policy = NetworkPolicy("a/np", ingress: []);
        TestCluster before = TwoPods().Pod("a/done", "10.0.0.3", finished: true).WithPolicies(policy), taken = TwoPods().Pod("a/done", "10.0.0.3", finished: true).Pod("b/next", "10.0.0.3", node: "node-2").WithPolicies(policy);
        var compiler = new IncrementalCompiler();
        foreach (var (from, to) in new[] { (new TestCluster(), before), (before, taken), (taken, before) })
        {
            compiler.Apply(ClusterDifference.Between(from.Snapshot, to.Snapshot));
            foreach (var rules in PolicyCompiler.Compile(to.Snapshot))
                Assert.AreEqual(rules, compiler.RulesOf(rules.Node).RuleSet);
        }
        Assert.IsTrue(compiler.RulesOf("node-1").RuleSet.PodIngress.Defaults.Any(s => s.Subject == Address("10.0.0.3")));
    }

    [TestMethod]
    public void HostNetwork_pods_are_no_subjects_and_peers_by_address_only()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Node("node-2", "192.168.0.2").Pod("a/host", "192.168.0.2", "app=web", node: "node-2", hostNetwork: true).WithPolicies(
            NetworkPolicy("a/np", ingress: [], egress: []), NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web")), Allow(Network("192.168.0.2/32"), "81/TCP")])));
        evaluated.Denies("a/host", "b/db", "80/TCP");
        evaluated.Allows("a/host", "b/db", "81/TCP");
    }

    [TestMethod]
    public void Pods_that_share_an_address_are_evaluated_as_both()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/old", "10.0.0.3", "app=old", "http=80/TCP").Pod("a/new", "10.0.0.3", "app=new", "http=81/TCP").WithPolicies(
            NetworkPolicy("a/np", "app=old", ingress: [Allow(Anyone(), "http/TCP")]),
            NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=old"), "80/TCP"), Allow(Pods("", "app=new"), "81/TCP")])));
        evaluated.Allows("10.0.0.3", "b/db", "80/TCP", "81/TCP");
        evaluated.Allows("b/db", "10.0.0.3", "80/TCP", "81/TCP");
        evaluated.Denies("b/db", "10.0.0.3", "82/TCP");
    }

    [TestMethod]
    public void Shared_address_is_evaluated_on_the_node_of_the_first_pod()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Node("node-1", "192.168.0.1").Node("node-2", "192.168.0.2")
            .Pod("c/old", "10.0.0.3", "app=old", node: "node-2").Pod("c/new", "10.0.0.3", "app=new")
            .WithPolicies(NetworkPolicy("c/np", "app=old", ingress: [])));
        evaluated.Allows("192.168.0.1", "10.0.0.3", "80/TCP");
        evaluated.Denies("192.168.0.2", "10.0.0.3", "80/TCP");
    }

    [TestMethod]
    public void Pods_of_an_unknown_namespace_stay_isolated()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().NoNamespace("a").WithPolicies(
            NetworkPolicy("a/np", ingress: []), NetworkPolicy("b/np", ingress: [Allow(Pods())])));
        evaluated.Denies("a/web", "b/db", "80/TCP");
        evaluated.Denies("b/db", "a/web", "80/TCP");
    }

    [TestMethod]
    public void An_unscheduled_pod_is_a_peer_but_no_subject()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/waiting", "10.0.0.3", "app=web", node: null).WithPolicies(
            NetworkPolicy("a/np", ingress: [], egress: []), NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"))])));
        evaluated.Allows("a/waiting", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    [DataRow("app in (web;db)", true)]
    [DataRow("app notin (db;x)", true)]
    [DataRow("missing notin (x)", true)]
    [DataRow("app notin (web)", false)]
    [DataRow("app", true)]
    [DataRow("!app", false)]
    [DataRow("!missing", true)]
    [DataRow("app=web,!missing,app in (web;x)", true)]
    [DataRow("app=web,env=x", false)]
    public void Every_operator_selects_as_the_api_says(string selector, bool selects)
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [Allow(Pods("", selector))])));
        if (selects)
            evaluated.Allows("a/web", "b/db", "80/TCP");
        else
            evaluated.Denies("a/web", "b/db", "80/TCP");
    }

    private static TestCluster TwoPods() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db");
}
