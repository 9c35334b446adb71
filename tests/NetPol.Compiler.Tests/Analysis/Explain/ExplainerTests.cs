using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Analysis.Explain;

[TestClass]
public sealed class ExplainerTests
{
    [TestMethod]
    public void Names_the_deciding_rule_and_the_overruled_ones()
    {
        var side = Ingress(
            Admin("deny", 1, InNamespaces(), ingress: [Allow(Pods("none")), Deny(Pods(), "80/TCP"), Allow(Pods())]),
            NetworkPolicy("b/allow", ingress: [Allow(Anyone())]),
            Baseline(InNamespaces(), ingress: [Deny(Pods())]));
        Assert.AreEqual("deny by AdminNetworkPolicy deny rule 1", side.Decision.ToString());
        Assert.AreEqual("NoMatch Decides Overruled", Roles(side, Tier.Admin));
        Assert.AreEqual("allow by AdminNetworkPolicy deny rule 2 | allow by NetworkPolicy b/allow rule 0", string.Join(" | ", side.OverruledDecisions));
        Assert.AreEqual(TierOutcome.NotReached, Of(side, Tier.NetworkPolicy).Outcome);
        Assert.AreEqual(TierOutcome.NotReached, Of(side, Tier.Baseline).Outcome);
    }

    [TestMethod]
    public void An_admin_allow_beats_isolation()
    {
        var side = Ingress(Admin("allow", 1, InNamespaces(), ingress: [Allow(Pods())]), NetworkPolicy("b/np", ingress: []));
        Assert.AreEqual("deny by isolation of b/np", string.Join(" | ", side.OverruledDecisions));
    }

    [TestMethod]
    public void A_pass_and_what_it_hides_are_steps()
    {
        var side = Ingress(Admin("pass", 1, InNamespaces(), ingress: [Pass(Pods()), Deny(Pods())]), NetworkPolicy("b/np", ingress: []));
        Assert.AreEqual("Passes Overruled", Roles(side, Tier.Admin));
        Assert.AreEqual(TierOutcome.Passed, Of(side, Tier.Admin).Outcome);
        Assert.AreEqual(TierOutcome.Isolated, Of(side, Tier.NetworkPolicy).Outcome);
        Assert.AreEqual(TierOutcome.NoPolicies, Of(side, Tier.Baseline).Outcome);
    }

    [TestMethod]
    public void Each_step_names_the_match_or_the_comparison()
    {
        var steps = Of(
            Ingress(NetworkPolicy("b/np", ingress: [Allow(Pods("", "app=web"), "81/TCP"), Allow(Network("10.0.0.0/8"), "http/TCP")])), Tier.NetworkPolicy).Steps;
        Assert.AreEqual(new MatchReason(true, "pods app=web in namespaces *: pod a/web"), steps[0].Peer);
        Assert.AreEqual(new MatchReason(false, "80/TCP is not among 81/TCP"), steps[0].Port);
        Assert.AreEqual(new MatchReason(true, "network 10.0.0.0/8"), steps[1].Peer);
        Assert.AreEqual(new MatchReason(true, "http/TCP: 80/TCP on pod b/db"), steps[1].Port);
    }

    [TestMethod]
    public void A_rule_that_fails_closed_says_so()
    {
        var step = Of(Ingress(Admin("a", 1, InNamespaces(), ingress: [Pass(UnknownPeer())])), Tier.Admin).Steps[0];
        Assert.AreEqual(RuleAction.Deny, step.Action);
        Assert.AreEqual("unknown peer (of a newer API): denies every peer until it is understood", step.Peer.Why);
    }

    [TestMethod]
    [DataRow("8.8.8.8", PolicyScope.NoPod)]
    [DataRow("10.0.0.9", PolicyScope.NoNode)]
    [DataRow("10.0.0.2", PolicyScope.OwnAddress)]
    [DataRow("192.168.0.1", PolicyScope.FromOwnNode)]
    public void A_side_that_is_not_evaluated_in_full_says_why(string from, PolicyScope evaluation)
    {
        var cluster = TwoPods().Node("node-1", "192.168.0.1").Pod("c/waiting", "10.0.0.9", node: null).WithPolicies(NetworkPolicy("b/np", ingress: []));
        var explanation = new Explainer(cluster.Snapshot).Explain(cluster.Connection(from, "10.0.0.2", "80/TCP"));
        var side = evaluation is PolicyScope.NoPod or PolicyScope.NoNode ? explanation.Egress : explanation.Ingress;
        Assert.AreEqual(evaluation, side.PolicyScope);
        Assert.AreEqual(Verdict.Allow, side.Decision.Verdict);
    }

    [TestMethod]
    public void Pods_are_explained_once_per_common_family()
    {
        var cluster = TwoPods().Pod("c/one", "fd00::1,10.1.0.1,10.1.0.2").Pod("c/two", "10.1.0.3,fd00::2").Pod("c/six", "fd00::3");
        var explainer = new Explainer(cluster.Snapshot);
        Assert.AreEqual("10.1.0.1 -> 10.1.0.3 80/TCP | fd00::1 -> fd00::2 80/TCP", Explained(explainer, "one", "two"));
        Assert.AreEqual("fd00::1 -> fd00::3 80/TCP", Explained(explainer, "one", "six"));
        Assert.ThrowsExactly<ArgumentException>(() => Explained(explainer, "one", "none"));
    }

    private static string Explained(Explainer explainer, string from, string to) =>
        string.Join(" | ", explainer.Explain(new PodId("c", from), new PodId("c", to), Protocol.Tcp, 80).Select(e => e.Connection));

    private static SideExplanation Ingress(params Policy[] policies)
    {
        var cluster = TwoPods().WithPolicies(policies);
        return new Explainer(cluster.Snapshot).Explain(cluster.Connection("a/web", "b/db", "80/TCP")).Ingress;
    }

    private static TierExplanation Of(SideExplanation side, Tier tier) => side.Tiers.Single(t => t.Tier == tier);

    private static string Roles(SideExplanation side, Tier tier) => string.Join(' ', Of(side, tier).Steps.Select(s => s.Role));

    private static TestCluster TwoPods() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db", "http=80/TCP");
}
