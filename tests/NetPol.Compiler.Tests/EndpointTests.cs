using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The sentences on pods, addresses and time.</summary>
[TestClass]
public sealed class EndpointTests
{
    [TestMethod]
    public void Finished_pods_are_no_subject_and_no_peer()
    {
        var judged = new Judged(TwoPods().Pod("a/done", "10.0.0.3", "app=web", finished: true).With(
            NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"))]), NetworkPolicy("a/np", ingress: [])));
        judged.Denies("a/done", "b/db", "80/TCP");
        judged.Allows("b/db", "a/done", "80/TCP");
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
