using NetPol.Compiler.Analysis.Explain;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Analysis.Explain;

/// <summary>The oracle allows with all remedies applied, and denies if any one is omitted.</summary>
[TestClass]
public sealed class RemedyFinderTests
{
    private static readonly PolicyId Added = new(PolicyKind.NetworkPolicy, "added", "remedy");

    [TestMethod]
    public void Oracle_allows_with_the_full_remedy_only() => CompilerAgreement.ClusterSamples.ForAll(500, sample =>
    {
        var explainer = new Explainer(sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            var explanation = explainer.Explain(connection);
            var changes = Changes(explanation);
            for (var left = -1; left < changes.Count; left++)
            {
                var changed = changes.Where((_, at) => at != left).Aggregate(sample.Cluster, (cluster, c) => Apply(cluster, explanation, c.Side, c.Change));
                var verdict = Oracle.Evaluate(changed, connection).Verdict;
                Assert.AreEqual(left < 0 ? Verdict.Allow : Verdict.Deny, verdict, $"{connection} without change {left} of {string.Join("; ", changes)}");
            }
        }
    });

    [TestMethod]
    public void An_admin_rule_before_the_first_denial_is_enough_for_a_side() => CompilerAgreement.ClusterSamples.ForAll(500, sample =>
    {
        var explainer = new Explainer(sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            var explanation = explainer.Explain(connection);
            foreach (var side in Sides(explanation).Where(s => s.Remedies is [RemedyChange.RuleDenies, ..]))
            {
                var step = ((RemedyChange.RuleDenies)side.Remedies[0]).Step;
                var changed = Change(sample.Cluster, step.Policy, side.Direction, rules => rules.SelectMany(r =>
                    r.Index == step.RuleIndex ? new[] { Allow(Network($"{side.Peer}/{(side.Peer.Family == IpFamily.V4 ? 32 : 128)}")), r } : [r]));
                Assert.AreEqual(Verdict.Allow, Oracle.EvaluateSide(changed, connection, side.Direction).Verdict, $"{connection} {side.Remedies}");
            }
        }
    });

    [TestMethod]
    public void Generated_clusters_cover_every_type_of_remedy()
    {
        var sorts = CompilerAgreement.ClusterSamples.Draw(400)
            .SelectMany(s => s.Connections.Select(c => new Explainer(s.Cluster).Explain(c)))
            .SelectMany(e => Sides(e).Select(Tiers).Append(Sides(e).All(s => !s.Remedies.IsEmpty) ? "both sides" : ""))
            .Distinct().Order(StringComparer.Ordinal);
        Assert.AreEqual("|Admin|Admin Baseline|Admin NetworkPolicy|Baseline|NetworkPolicy|both sides", string.Join('|', sorts));
    }

    [TestMethod]
    public void What_would_deny_next_must_change_too()
    {
        var cluster = TwoPods().WithPolicies(
            Admin("first", 1, InNamespaces(), ingress: [Deny(Pods()), Pass(Pods()), Deny(Pods())]),
            NetworkPolicy("b/none", ingress: []),
            Baseline(InNamespaces(), ingress: [Deny(Pods())]),
            NetworkPolicy("a/out", egress: [Allow(Pods(), "81/TCP")]));
        var explanation = new Explainer(cluster.Snapshot).Explain(cluster.Connection("a/web", "b/db", "80/TCP"));

        Assert.AreEqual("AdminNetworkPolicy first 0; b/none: pods app=web in namespaces kubernetes.io/metadata.name=a at 80/TCP", Text(explanation.Ingress));
        Assert.AreEqual("a/out: pods app=db in namespaces kubernetes.io/metadata.name=b at 80/TCP", Text(explanation.Egress));
    }

    [TestMethod]
    [DataRow("a/web", "a/other", "80/UDP", "a/all: pods app=other in a at 80/UDP")]
    [DataRow("a/web", "c/lost", "80/TCP", "a/all: network 10.0.0.4/32 at 80/TCP")]
    [DataRow("a/web", "8.8.8.8", "53/UDP", "a/all: network 8.8.8.8/32 at 53/UDP")]
    public void Allowing_rule_names_the_peer_narrowly(string from, string to, string port, string expected)
    {
        var cluster = TwoPods().Pod("a/other", "10.0.0.3", "app=other,pod-template-hash=x").Pod("c/lost", "10.0.0.4").NoNamespace("c").WithPolicies(NetworkPolicy("a/all", egress: []));

        Assert.AreEqual(expected, Text(new Explainer(cluster.Snapshot).Explain(cluster.Connection(from, to, port)).Egress));
    }

    [TestMethod]
    public void A_protocol_without_ports_is_allowed_by_a_rule_without_ports()
    {
        var cluster = TwoPods().WithPolicies(NetworkPolicy("b/none", ingress: []));
        var explanation = new Explainer(cluster.Snapshot).Explain(cluster.Connection("a/web", "b/db", "0/TCP") with { Protocol = Protocol.Icmp });

        Assert.IsNull(((RemedyChange.Isolated)explanation.Ingress.Remedies.Single()).Allowing.Ports);
    }

    [TestMethod]
    public void The_rule_goes_to_the_policy_that_selects_the_fewest_pods()
    {
        var cluster = TwoPods().Pod("b/other", "10.0.0.3", "app=db,tier=x").WithPolicies(
            NetworkPolicy("b/a-all", ingress: []), NetworkPolicy("b/b-both", "app=db", ingress: []), NetworkPolicy("b/c-one", "app=db,!tier", ingress: []));

        Assert.AreEqual(("b/c-one", 1), Place(cluster));
    }

    [TestMethod]
    public void Rule_is_never_added_to_a_default_deny_or_isolated_policy()
    {
        var all = NetworkPolicy("b/a-all", ingress: []);
        var failing = NetworkPolicy("b/db", "app=db", ingress: [Allow(Anyone())]) with { Isolation = new(IsolationDegree.AllowsNothing, "too large") };

        Assert.AreEqual(("new: pods app=db in b", 0), Place(TwoPods().WithPolicies(all)));
        Assert.AreEqual(("new: pods app=db in b", 0), Place(TwoPods().WithPolicies(failing)));
        Assert.AreEqual(("new: pods app=db in b", 0), Place(TwoPods().WithPolicies(all, failing)));
        var failings = ((RemedyChange.Isolated)Explained(TwoPods().WithPolicies(all, failing)).Remedies.Single()).Failing;
        Assert.AreEqual("b/db too large", string.Join("; ", failings.Select(f => $"{f.Key.QualifiedName} {f.Value.Reason}")));
    }

    [TestMethod]
    public void A_denial_of_an_isolated_policy_says_so()
    {
        var admin = Admin("wide", 1, InNamespaces(), ingress: [Allow(Pods()), Pass(Pods())]) with { Isolation = new(IsolationDegree.AllowsNothing, "too large") };

        Assert.AreEqual("too large", ((RemedyChange.RuleDenies)Explained(TwoPods().WithPolicies(admin)).Remedies.Single()).Isolation?.Reason);
    }

    private static SideExplanation Explained(TestCluster cluster) => new Explainer(cluster.Snapshot).Explain(cluster.Connection("a/web", "b/db", "80/TCP")).Ingress;

    private static (string Where, int Pods) Place(TestCluster cluster)
    {
        var isolated = (RemedyChange.Isolated)Explained(cluster).Remedies.Single();
        return (isolated.AddTo?.QualifiedName ?? $"new: {isolated.Subject}", isolated.AddToPodCount);
    }

    private static TestCluster TwoPods() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db");

    private static SideExplanation[] Sides(Explanation explanation) => [explanation.Egress, explanation.Ingress];

    private static List<(SideExplanation Side, RemedyChange Change)> Changes(Explanation explanation) =>
        [.. Sides(explanation).SelectMany(s => s.Remedies.Select(c => (s, c)))];

    private static string Tiers(SideExplanation side) =>
        string.Join(' ', side.Remedies.Select(c => c is RemedyChange.RuleDenies denies ? denies.Tier : Tier.NetworkPolicy).Distinct());

    private static string Text(SideExplanation side) => string.Join("; ", side.Remedies.Select(c => c switch
    {
        RemedyChange.RuleDenies denies => $"{denies.Step.Policy} {denies.Step.RuleIndex}",
        RemedyChange.Isolated isolated => $"{string.Join(", ", isolated.IsolatedBy.Select(p => p.QualifiedName))}: {isolated.Allowing.Peers[0]} at {isolated.Allowing.Ports!.Value.Single()}",
        _ => throw new InvalidOperationException($"{c}"),
    }));

    /// <summary>Returns the cluster without the denying rule, or with an additional NetworkPolicy that has the allowing rule.</summary>
    private static ClusterSnapshot Apply(ClusterSnapshot cluster, Explanation explanation, SideExplanation side, RemedyChange change)
    {
        if (change is RemedyChange.RuleDenies denies)
            return Change(cluster, denies.Step.Policy, side.Direction, rules => rules.Where(r => r.Index != denies.Step.RuleIndex));
        var isolated = (RemedyChange.Isolated)change;
        var isolating = cluster.Policies.First(p => p.Id == isolated.IsolatedBy[0]);
        ValueArray<Rule> rule = [isolated.Allowing];
        var added = isolating with
        {
            Id = Added with { Name = $"{explanation.Connection.Port}-{side.Direction}" },
            Ingress = side.Direction == Direction.Ingress ? rule : null,
            Egress = side.Direction == Direction.Egress ? rule : null,
        };
        return ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Append(added));
    }

    private static ClusterSnapshot Change(ClusterSnapshot cluster, PolicyId policy, Direction direction, Func<IEnumerable<Rule>, IEnumerable<Rule>> change) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Select(p =>
        {
            if (p.Id != policy)
                return p;
            var rules = change(p.Rules(direction)!.Value).ToValueArray();
            return direction == Direction.Ingress ? p with { Ingress = rules } : p with { Egress = rules };
        }));
}
