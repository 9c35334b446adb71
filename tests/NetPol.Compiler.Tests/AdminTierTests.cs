using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>The rules for the admin policy kinds and for the precedence of the tiers.</summary>
[TestClass]
public sealed class AdminTierTests
{
    private static readonly PodSelection Everyone = InNamespaces();

    [TestMethod]
    public void Admin_deny_beats_namespace_allow()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Admin("lock", 5, Everyone, ingress: [Deny(Pods())]), NetworkPolicy("b/np", ingress: [Allow(Anyone())])));
        Assert.AreEqual("deny by AdminNetworkPolicy lock rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        evaluated.Allows("8.8.8.8", "b/db", "80/TCP");
    }

    [TestMethod]
    public void Admin_allow_beats_namespace_isolation()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(Admin("open", 5, Everyone, ingress: [Allow(Pods(), "80/TCP")]), NetworkPolicy("b/np", ingress: [])));
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "81/TCP", "ICMP");
    }

    [TestMethod]
    public void Pass_leaves_the_tier_for_the_namespaces_policies()
    {
        var cluster = TwoPods().WithPolicies(Admin("pass", 1, Everyone, ingress: [Pass(Pods(), "80/TCP"), Deny(Pods())]));
        Assert.AreEqual("allow by default", new EvaluatedTestCluster(cluster).Decider(Direction.Ingress, "a/web", "b/db"));
        new EvaluatedTestCluster(cluster).Denies("a/web", "b/db", "81/TCP");
        new EvaluatedTestCluster(cluster.WithPolicies(NetworkPolicy("b/np", ingress: []))).Denies("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void Pass_goes_to_baseline_when_no_network_policy_isolates()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Admin("pass", 1, Everyone, ingress: [Pass(Pods())]),
            Admin("late", 2, Everyone, ingress: [Allow(Pods())]),
            Baseline(Everyone, ingress: [Deny(Pods())])));
        Assert.AreEqual("deny by BaselineAdminNetworkPolicy default rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
    }

    [TestMethod]
    public void Pass_in_baseline_goes_to_the_default()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Cluster("pass", Tier.Baseline, 1, Everyone, ingress: [Pass(Pods(), "80/TCP")]), Baseline(Everyone, ingress: [Deny(Pods())])));
        Assert.AreEqual("allow by default", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        evaluated.Denies("a/web", "b/db", "81/TCP");
    }

    [TestMethod]
    public void Isolation_skips_Baseline_in_that_direction_only()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            NetworkPolicy("b/np", ingress: [Allow(Anyone(), "80/TCP")]), Baseline(Everyone, [Deny(Pods())], [Deny(Pods("", "app=web"))])));
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("b/db", "a/web", "80/TCP");
    }

    [TestMethod]
    public void Lower_priority_decides_first_and_rules_decide_in_written_order()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Admin("second", 2, Everyone, ingress: [Deny(Pods())]),
            Admin("first", 1, Everyone, ingress: [Allow(Pods(), "80/TCP"), Deny(Pods(), "80-81/TCP")])));
        Assert.AreEqual("allow by AdminNetworkPolicy first rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        Assert.AreEqual("deny by AdminNetworkPolicy first rule 1", evaluated.Decider(Direction.Ingress, "a/web", "b/db", "81/TCP"));
        Assert.AreEqual("deny by AdminNetworkPolicy second rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db", "82/TCP"));
    }

    [TestMethod]
    public void Equal_priority_is_ordered_by_kind_then_name()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Cluster("a", Tier.Admin, 1, Everyone, ingress: [Deny(Pods())]),
            Admin("z", 1, Everyone, ingress: [Deny(Pods(), "80/TCP")]),
            Admin("y", 1, Everyone, ingress: [Deny(Pods(), "81/TCP"), Allow(Pods(), "80/TCP")])));
        Assert.AreEqual("allow by AdminNetworkPolicy y rule 1", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        Assert.AreEqual("deny by ClusterNetworkPolicy a rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db", "82/TCP"));
    }

    [TestMethod]
    public void Baseline_evaluates_ClusterNetworkPolicies_first()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Baseline(Everyone, ingress: [Deny(Pods())]), Cluster("late", Tier.Baseline, 1000, Everyone, ingress: [Allow(Pods(), "80/TCP")])));
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "81/TCP");
    }

    [TestMethod]
    public void A_baseline_admin_network_policy_of_another_name_has_no_effect()
    {
        var baseline = Baseline(Everyone, ingress: [Deny(Pods())]);
        new EvaluatedTestCluster(TwoPods().WithPolicies(baseline with { Id = baseline.Id with { Name = "other" } })).Allows("a/web", "b/db", "80/TCP");
    }

    [TestMethod]
    public void Ports_of_a_rule_never_match_icmp()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(Admin("a", 1, Everyone, ingress: [Deny(Pods(), "TCP", "UDP", "SCTP")])));
        evaluated.Denies("a/web", "b/db", "80/TCP", "80/UDP", "80/SCTP");
        evaluated.Allows("a/web", "b/db", "ICMP");
    }

    [TestMethod]
    public void Networks_match_pods_and_icmp()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Network("10.0.0.2/32"))])));
        evaluated.Denies("a/web", "b/db", "80/TCP", "ICMP");
    }

    [TestMethod]
    public void Nodes_are_all_addresses_of_the_selected_nodes()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods()
            .Node("node-2", "192.168.0.2,192.168.0.3,10.9.0.1", "pool=x").Node("node-3", "192.168.0.4", "pool=y")
            .Pod("c/host", "192.168.0.4", hostNetwork: true)
            .WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Nodes("pool=x"))])));
        evaluated.Denies("a/web", "192.168.0.2", "80/TCP");
        evaluated.Denies("a/web", "192.168.0.3", "80/TCP");
        evaluated.Denies("a/web", "10.9.0.1", "80/TCP");
        evaluated.Allows("a/web", "192.168.0.4", "80/TCP");
        evaluated.Allows("a/web", "192.168.0.1", "80/TCP");
    }

    [TestMethod]
    public void Rules_that_name_the_own_node_apply_and_rules_that_name_pods_do_not()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Node("node-1", "192.168.0.1", "pool=x").WithPolicies(
            Admin("a", 1, Everyone, egress: [Deny(Pods(), "80/TCP"), Deny(Nodes("pool=x"), "81/TCP"), Deny(Network("192.168.0.0/24"), "82/TCP")]),
            NetworkPolicy("a/np", egress: [])));
        evaluated.Allows("a/web", "192.168.0.1", "80/TCP", "ICMP");
        evaluated.Denies("a/web", "192.168.0.1", "81/TCP", "82/TCP");
        evaluated.Allows("192.168.0.1", "a/web", "81/TCP");
    }

    [TestMethod]
    public void Networks_match_own_node_addresses_missing_from_status()
    {
        var cluster = TwoPods().Node("node-1", "192.168.0.1").WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Network("169.254.0.0/16"))]));
        var gateway = IpAddress.Parse("169.254.1.1");
        var evaluate = new RuleSetEvaluator(PolicyCompiler.CompileNode(cluster.Snapshot, "node-1") with { NodeAddresses = [gateway] });
        Assert.AreEqual(Verdict.Deny, evaluate.EvaluatePodEgress(new(IpAddress.Parse("10.0.0.1"), gateway, Protocol.Tcp, 80)).Verdict);
    }

    [TestMethod]
    public void A_pods_connection_to_itself_is_subject_to_admin_and_baseline()
    {
        var cluster = TwoPods().WithPolicies(NetworkPolicy("b/np", ingress: [], egress: []));
        new EvaluatedTestCluster(cluster.WithPolicies(Baseline(Everyone, ingress: [Deny(Pods("", "app=db"), "80/TCP")]))).Denies("b/db", "b/db", "80/TCP");
        new EvaluatedTestCluster(cluster.WithPolicies(Admin("a", 1, Everyone, egress: [Deny(Network("10.0.0.2/32"), "81/TCP")]))).Denies("b/db", "b/db", "81/TCP");
    }

    [TestMethod]
    [DataRow(RuleAction.Deny)]
    [DataRow(RuleAction.Pass)]
    public void An_unknown_peer_in_deny_or_pass_denies_every_peer_on_the_rules_ports(RuleAction action)
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Node("node-1", "192.168.0.1").WithPolicies(Admin(
            "a", 1, Everyone, [Make.Rule(action, [UnknownPeer()], ["80/TCP"])], [Make.Rule(action, [Pods("none"), UnknownPeer()], ["81/TCP"])])));
        evaluated.Denies("8.8.8.8", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "80/TCP", "81/TCP");
        evaluated.Denies("a/web", "192.168.0.1", "81/TCP");
        evaluated.Allows("192.168.0.1", "a/web", "80/TCP");
        evaluated.Allows("a/web", "b/db", "82/TCP", "ICMP");
    }

    [TestMethod]
    [DataRow(RuleAction.Deny)]
    [DataRow(RuleAction.Pass)]
    public void An_unknown_port_in_deny_or_pass_denies_everything_for_the_rules_peers(RuleAction action)
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(Admin("a", 1, Everyone, [Make.Rule(action, [Pods("", "app=web")], ["80/TCP", "?"])])));
        evaluated.Denies("a/web", "b/db", "80/TCP", "9/UDP", "ICMP");
        evaluated.Allows("8.8.8.8", "b/db", "80/TCP");
    }

    [TestMethod]
    public void Unknown_parts_of_an_allow_rule_match_nothing()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Admin("a", 1, Everyone, [Make.Rule(RuleAction.Allow, [Pods(), UnknownPeer()], []), Allow(Pods(), "80/TCP", "?"), Deny(Pods())])));
        Assert.AreEqual("deny by AdminNetworkPolicy a rule 2", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
    }

    [TestMethod]
    public void Domain_names_match_nothing_and_the_rules_other_peers_still_do()
    {
        var names = new Peer.DomainNames(["example.org"]);
        var evaluated = new EvaluatedTestCluster(TwoPods().WithPolicies(
            Admin("a", 1, Everyone, egress: [Make.Rule(RuleAction.Allow, [names, Network("10.0.0.2/32")], []), Deny(Network("0.0.0.0/0"))])));
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("a/web", "8.8.8.8", "80/TCP");
    }

    [TestMethod]
    public void A_named_port_without_a_protocol_takes_the_container_ports()
    {
        var evaluated = new EvaluatedTestCluster(TwoPods().Pod("b/dns", "10.0.0.3", ports: "dns=53/UDP,dns=54/TCP").WithPolicies(
            Admin("a", 1, Everyone, [Deny(Pods(), "dns")], [Deny(Pods(), "dns")])));
        evaluated.Denies("a/web", "b/dns", "53/UDP", "54/TCP");
        evaluated.Allows("a/web", "b/dns", "53/TCP", "54/UDP");
        evaluated.Allows("a/web", "b/db", "53/UDP");
    }

    private static TestCluster TwoPods() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db");
}
