using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The sentences on pods, addresses and time.</summary>
[TestClass]
public sealed class EndpointTests
{
    [TestMethod]
    public void A_finished_pod_is_a_subject_and_no_peer()
    {
        var judged = new Judged(TwoPods().Pod("a/done", "10.0.0.3", "app=web", "http=80/TCP", finished: true).With(
            NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"))]),
            NetworkPolicy("a/np", ingress: [Allow(Anyone(), "http/TCP")], egress: [Allow(Network("192.0.2.1/32"))])));
        judged.Denies("a/done", "b/db", "80/TCP");
        judged.Allows("b/db", "a/done", "80/TCP");
        judged.Denies("b/db", "a/done", "81/TCP");
        judged.Allows("a/done", "192.0.2.1", "80/TCP");
        judged.Denies("a/done", "192.0.2.2", "80/TCP");
    }

    [TestMethod]
    public void A_finished_pod_is_no_subject_while_another_pod_has_its_address()
    {
        var shared = TwoPods().Pod("a/done", "10.0.0.3", "app=done", finished: true).Pod("c/next", "10.0.0.3", node: "node-2").With(NetworkPolicy("a/np", ingress: [], egress: []));
        var judged = new Judged(shared);
        judged.Allows("c/next", "b/db", "80/TCP");
        judged.Allows("b/db", "c/next", "80/TCP");
        var rules = PolicyCompiler.Compile(shared.Snapshot);
        Assert.IsFalse(rules.Any(r => r.Ingress.Rest.Any(s => s.Subject == Address("10.0.0.3"))));
    }

    [TestMethod]
    public void Two_finished_pods_of_one_address_are_judged_as_both()
    {
        var judged = new Judged(TwoPods().Pod("a/one", "10.0.0.3", "app=one", finished: true).Pod("a/two", "10.0.0.3", "app=two", finished: true).With(
            NetworkPolicy("a/one", "app=one", egress: [Allow(Anyone(), "1/TCP")]), NetworkPolicy("a/two", "app=two", egress: [Allow(Anyone(), "2/TCP")])));
        judged.Allows("10.0.0.3", "b/db", "1/TCP", "2/TCP");
        judged.Denies("10.0.0.3", "b/db", "3/TCP");
    }

    [TestMethod]
    public void A_finished_pod_is_no_peer_of_its_own()
    {
        var judged = new Judged(TwoPods().Pod("a/done", "10.0.0.3", "app=done", finished: true).With(
            Admin("a", 1, InNamespaces("", "app=done"), ingress: [Deny(Pods("", "app=done"))], egress: [Deny(Pods("", "app=done"))]), NetworkPolicy("a/np", egress: [])));
        judged.Allows("a/done", "a/done", "80/TCP");
    }

    [TestMethod]
    public void A_pod_on_another_node_takes_the_address_of_a_finished_pod_and_leaves_it()
    {
        var policy = NetworkPolicy("a/np", ingress: []);
        World before = TwoPods().Pod("a/done", "10.0.0.3", finished: true).With(policy), taken = TwoPods().Pod("a/done", "10.0.0.3", finished: true).Pod("b/next", "10.0.0.3", node: "node-2").With(policy);
        var compiler = new IncrementalCompiler();
        foreach (var (from, to) in new[] { (new World(), before), (before, taken), (taken, before) })
        {
            compiler.Apply(Changes.Between(from.Snapshot, to.Snapshot));
            foreach (var rules in PolicyCompiler.Compile(to.Snapshot))
                Assert.AreEqual(rules, compiler.RulesOf(rules.Node).RuleSet);
        }
        Assert.IsTrue(compiler.RulesOf("node-1").RuleSet.Ingress.Rest.Any(s => s.Subject == Address("10.0.0.3")));
    }

    [TestMethod]
    public void Pods_in_the_hosts_network_are_no_subject_and_are_peers_by_address_alone()
    {
        var judged = new Judged(TwoPods().Node("node-2", "192.168.0.2").Pod("a/host", "192.168.0.2", "app=web", node: "node-2", hostNetwork: true).With(
            NetworkPolicy("a/np", ingress: [], egress: []), NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web")), Allow(Network("192.168.0.2/32"), "81/TCP")])));
        judged.Denies("a/host", "b/db", "80/TCP");
        judged.Allows("a/host", "b/db", "81/TCP");
    }

    [TestMethod]
    public void Two_pods_that_share_an_address_are_judged_as_both()
    {
        var judged = new Judged(TwoPods().Pod("a/old", "10.0.0.3", "app=old", "http=80/TCP").Pod("a/new", "10.0.0.3", "app=new", "http=81/TCP").With(
            NetworkPolicy("a/np", "app=old", ingress: [Allow(Anyone(), "http/TCP")]),
            NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=old"), "80/TCP"), Allow(Pods("", "app=new"), "81/TCP")])));
        judged.Allows("10.0.0.3", "b/db", "80/TCP", "81/TCP");
        judged.Allows("b/db", "10.0.0.3", "80/TCP", "81/TCP");
        judged.Denies("b/db", "10.0.0.3", "82/TCP");
    }

    [TestMethod]
    public void A_shared_address_is_judged_on_the_node_of_the_first_pod()
    {
        var judged = new Judged(TwoPods().Node("node-1", "192.168.0.1").Node("node-2", "192.168.0.2")
            .Pod("c/old", "10.0.0.3", "app=old", node: "node-2").Pod("c/new", "10.0.0.3", "app=new")
            .With(NetworkPolicy("c/np", "app=old", ingress: [])));
        judged.Allows("192.168.0.1", "10.0.0.3", "80/TCP");
        judged.Denies("192.168.0.2", "10.0.0.3", "80/TCP");
    }

    [TestMethod]
    public void An_unknown_namespace_matches_no_selector_and_its_isolated_pods_stay_isolated()
    {
        var judged = new Judged(TwoPods().NoNamespace("a").With(
            NetworkPolicy("a/np", ingress: []), NetworkPolicy("b/np", ingress: [Allow(Pods())])));
        judged.Denies("a/web", "b/db", "80/TCP");
        judged.Denies("b/db", "a/web", "80/TCP");
    }

    [TestMethod]
    public void A_pod_without_a_node_is_a_peer_that_nobody_judges()
    {
        var judged = new Judged(TwoPods().Pod("a/waiting", "10.0.0.3", "app=web", node: null).With(
            NetworkPolicy("a/np", ingress: [], egress: []), NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"))])));
        judged.Allows("a/waiting", "b/db", "80/TCP");
        judged.Denies("a/web", "b/db", "80/TCP");
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
        var judged = new Judged(TwoPods().With(NetworkPolicy("b/np", ingress: [Allow(Pods("", selector))])));
        if (selects)
            judged.Allows("a/web", "b/db", "80/TCP");
        else
            judged.Denies("a/web", "b/db", "80/TCP");
    }

    private static World TwoPods() => new World().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db");
}
