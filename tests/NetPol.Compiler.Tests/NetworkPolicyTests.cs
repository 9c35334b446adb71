using NetPol.Model.Policies;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The rules for NetworkPolicy v1.</summary>
[TestClass]
public sealed class NetworkPolicyTests
{
    [TestMethod]
    public void Without_policies_everything_is_allowed()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods());
        evaluated.Allows("a/web", "b/db", "80/TCP", "53/UDP", "9/SCTP", "ICMP");
        Assert.AreEqual("allow by default", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
    }

    [TestMethod]
    public void A_selected_pod_without_rules_is_isolated_in_that_direction_alone()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/deny", ingress: [])));
        evaluated.Denies("a/web", "b/db", "80/TCP", "53/UDP", "9/SCTP", "ICMP");
        evaluated.Allows("b/db", "a/web", "80/TCP");
        Assert.AreEqual("deny by isolation of b/deny", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
    }

    [TestMethod]
    public void An_isolation_drop_names_all_policies_that_isolate()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/z", ingress: []), NetworkPolicy("b/y", ingress: [Allow(Pods("none"))])));
        Assert.AreEqual("deny by isolation of b/y, b/z", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
    }

    [TestMethod]
    public void A_rule_without_peers_and_ports_allows_everything_icmp_included()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/all", ingress: [Allow(Anyone())])));
        evaluated.Allows("a/web", "b/db", "80/TCP", "ICMP");
        evaluated.Allows("8.8.8.8", "b/db", "80/TCP");
    }

    [TestMethod]
    public void First_policy_by_name_and_first_rule_decide()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            NetworkPolicy("b/z", ingress: [Allow(Anyone())]),
            NetworkPolicy("b/y", ingress: [Allow(Pods("none")), Allow(Anyone(), "TCP"), Allow(Anyone(), "80/TCP")])));
        Assert.AreEqual("allow by NetworkPolicy b/y rule 1", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        Assert.AreEqual("allow by NetworkPolicy b/z rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db", "80/UDP"));
    }

    [TestMethod]
    public void Namespace_and_pod_selectors_must_both_hold()
    {
        var cluster = TwoPods().Namespace("a", "team=x").Pod("a/other", "10.0.0.3", "app=other").Pod("b/web", "10.0.0.4", "app=web")
            .WithPolicies(NetworkPolicy("b/np", "app=db", ingress: [Allow(Pods("team=x", "app=web"))]));
        var evaluated = new EvaluatedTestCluster(cluster);
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("a/other", "b/db", "80/TCP");
        evaluated.Denies("b/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void A_pod_selector_alone_means_the_policys_own_namespace()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("b/web", "10.0.0.4", "app=web").WithPolicies(NetworkPolicy("b/np", ingress: [Allow(PodsIn("b", "app=web"))])));
        evaluated.Allows("b/web", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void What_is_excepted_here_may_be_allowed_by_another_peer()
    {
        var rule = Allow(Network("10.0.0.0/24", "10.0.0.0/28", "10.0.0.8/29", "10.0.0.128/25"));
        var cluster = TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [rule]));
        var evaluated = new EvaluatedTestCluster(cluster);
        evaluated.Denies("a/web", "b/db", "80/TCP");
        evaluated.Denies("10.0.0.15", "b/db", "80/TCP");
        evaluated.Denies("10.0.0.128", "b/db", "80/TCP");
        evaluated.Denies("10.0.1.0", "b/db", "80/TCP");
        evaluated.Allows("10.0.0.16", "b/db", "80/TCP");
        evaluated.Allows("10.0.0.127", "b/db", "80/TCP");
        new EvaluatedTestCluster(cluster.WithPolicies(NetworkPolicy("b/other", ingress: [Allow(Pods("", "app=web"))]))).Allows("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void An_ip_block_matches_pods_and_a_pod_in_it_can_match_more()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("a/x", "10.0.0.5", "app=x").WithPolicies(
            NetworkPolicy("b/np", ingress: [Allow(Network("10.0.0.0/29"), "80/TCP"), Allow(Pods("", "app=web"), "81/TCP")])));
        evaluated.Allows("a/web", "b/db", "80/TCP", "81/TCP");
        evaluated.Allows("10.0.0.7", "b/db", "80/TCP");
        evaluated.Denies("a/x", "b/db", "81/TCP");
        evaluated.Denies("10.0.0.8", "b/db", "80/TCP");
    }

    [TestMethod]
    public void Ranges_include_both_ends_and_one_protocol_opens_no_other()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [Allow(Anyone(), "80-90/TCP", "SCTP", "65535/UDP")])));
        evaluated.Allows("a/web", "b/db", "80/TCP", "90/TCP", "1/SCTP", "65535/SCTP", "65535/UDP");
        evaluated.Denies("a/web", "b/db", "79/TCP", "91/TCP", "80/UDP", "65534/UDP", "ICMP");
    }

    [TestMethod]
    public void A_named_port_of_ingress_is_the_subjects_own()
    {
        var cluster = TwoPods().Pod("b/one", "10.0.1.1", ports: "http=8080/TCP").Pod("b/two", "10.0.1.2", ports: "http=9090/TCP,http=9091/TCP,http=53/UDP")
            .WithPolicies(NetworkPolicy("b/np", ingress: [Allow(Anyone(), "http/TCP")]));
        var evaluated = new EvaluatedTestCluster(cluster);
        evaluated.Allows("a/web", "b/one", "8080/TCP");
        evaluated.Denies("a/web", "b/one", "9090/TCP");
        evaluated.Allows("a/web", "b/two", "9090/TCP", "9091/TCP");
        evaluated.Denies("a/web", "b/two", "8080/TCP", "53/UDP");
        evaluated.Denies("a/web", "b/db", "8080/TCP");
    }

    [TestMethod]
    public void A_named_port_of_egress_is_the_peers()
    {
        var cluster = TwoPods().Pod("b/one", "10.0.1.1", ports: "http=8080/TCP").Pod("b/two", "10.0.1.2", ports: "http=9090/TCP,dns=53/UDP")
            .WithPolicies(NetworkPolicy("a/np", egress: [Allow(Network("10.0.1.0/31"), "http/TCP"), Allow(Anyone(), "dns/UDP")]));
        var evaluated = new EvaluatedTestCluster(cluster);
        evaluated.Allows("a/web", "b/one", "8080/TCP");
        evaluated.Denies("a/web", "b/one", "9090/TCP", "53/UDP");
        evaluated.Denies("a/web", "b/two", "8080/TCP", "9090/TCP");
        evaluated.Allows("a/web", "b/two", "53/UDP");
        evaluated.Denies("a/web", "10.0.1.0", "8080/TCP");
        evaluated.Denies("a/web", "8.8.8.8", "53/UDP");
    }

    [TestMethod]
    public void A_name_that_nothing_has_matches_nothing_and_still_isolates()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [Allow(Anyone(), "nope/TCP")])));
        evaluated.Denies("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void A_pod_cannot_block_itself()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [], egress: [])));
        evaluated.Allows("b/db", "b/db", "80/TCP", "ICMP");
    }

    [TestMethod]
    public void The_own_node_is_not_subject_to_network_policies_and_other_nodes_are()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Node("node-1", "192.168.0.1").Node("node-2", "192.168.0.2")
            .WithPolicies(NetworkPolicy("b/np", ingress: [], egress: [])));
        evaluated.Allows("192.168.0.1", "b/db", "80/TCP");
        evaluated.Allows("b/db", "192.168.0.1", "80/TCP");
        evaluated.Denies("192.168.0.2", "b/db", "80/TCP");
        evaluated.Denies("b/db", "192.168.0.2", "80/TCP");
    }

    [TestMethod]
    [DataRow("?", DisplayName = "an unknown port")]
    [DataRow("80/TCP", DisplayName = "an unknown peer")]
    public void Unknown_rule_allows_nothing_and_still_isolates(string port)
    {
        var peer = port == "?" ? Anyone() : UnknownPeer();
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [Make.Rule(RuleAction.Allow, [peer, Pods()], [port, "81/TCP"])])));
        evaluated.Denies("a/web", "b/db", "80/TCP", "81/TCP");
    }

    [TestMethod]
    public void Both_families_are_evaluated()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("c/dual", "10.0.2.1,fd00::1", "app=dual").Pod("c/peer", "10.0.2.2,fd00::2", "app=peer")
            .WithPolicies(NetworkPolicy("c/np", "app=dual", ingress: [Allow(Pods("", "app=peer")), Allow(Network("fd01::/16"))])));
        evaluated.Allows("fd00::2", "fd00::1", "80/TCP");
        evaluated.Allows("10.0.2.2", "10.0.2.1", "80/TCP");
        evaluated.Allows("fd01:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fd00::1", "80/TCP");
        evaluated.Denies("fd02::", "fd00::1", "80/TCP");
        evaluated.Denies("8.8.8.8", "10.0.2.1", "80/TCP");
    }

    [TestMethod]
    public void The_whole_of_both_families_can_be_named()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("b/six", "fd00::1").WithPolicies(
            NetworkPolicy("b/np", ingress: [Allow(Network("0.0.0.0/0", "255.255.255.255/32")), Allow(Network("::/0", "ffff::/16"))])));
        evaluated.Allows("0.0.0.0", "b/db", "80/TCP");
        evaluated.Denies("255.255.255.255", "b/db", "80/TCP");
        evaluated.Allows("fefe::", "b/six", "80/TCP");
        evaluated.Denies("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "b/six", "80/TCP");
    }

    private static TestCluster TwoPods() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db");
}
