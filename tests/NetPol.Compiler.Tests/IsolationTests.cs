using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>An isolated policy allows nothing, and all other policies are unaffected.</summary>
[TestClass]
public sealed class IsolationTests
{
    private static readonly PolicyIsolation AllowsNothing = new(IsolationDegree.AllowsNothing, "a test says so");
    private static readonly PolicyIsolation DeniesEveryPeer = new(IsolationDegree.DeniesEveryPeer, "a test says so");

    [TestMethod]
    public void A_NetworkPolicy_isolates_its_pods_in_its_directions_and_allows_nothing()
    {
        foreach (var isolation in new[] { AllowsNothing, DeniesEveryPeer })
        {
            var evaluated = new EvaluatedTestCluster(Pods2().WithPolicies(NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone())]) with { Isolation = isolation }));
            evaluated.Denies("a/web", "b/db", "80/TCP", "53/UDP", "ICMP");
            evaluated.Allows("a/web", "b/other", "80/TCP");
            evaluated.Allows("b/db", "a/web", "80/TCP");
            Assert.AreEqual("deny by isolation of b/p", evaluated.Decider(Direction.Ingress, "a/web", "b/db"));
        }
    }

    [TestMethod]
    public void Another_NetworkPolicy_of_the_same_pods_allows_what_it_allowed()
    {
        var evaluated = new EvaluatedTestCluster(Pods2().WithPolicies(
            NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone())]) with { Isolation = AllowsNothing },
            NetworkPolicy("b/q", "app=db", ingress: [Allow(Anyone(), "80/TCP")])));
        evaluated.Allows("a/web", "b/db", "80/TCP");
        evaluated.Denies("a/web", "b/db", "81/TCP");
    }

    [TestMethod]
    public void Isolated_Admin_policy_denies_what_it_passed()
    {
        Rule[] rules = [Allow(Pods(), "1/TCP"), Pass(Pods(), "2/TCP"), Deny(Pods(), "3/TCP")];
        var later = Admin("later", 9, InNamespaces(), ingress: [Deny(Pods(), "1/TCP")]);
        var evaluated = new EvaluatedTestCluster(Pods2().WithPolicies(Admin("first", 1, InNamespaces(pods: "app=db"), ingress: rules) with { Isolation = AllowsNothing }, later));
        Assert.AreEqual("deny by AdminNetworkPolicy later rule 0", evaluated.Decider(Direction.Ingress, "a/web", "b/db", "1/TCP"));
        evaluated.Denies("a/web", "b/db", "1/TCP", "2/TCP", "3/TCP");
        evaluated.Allows("a/web", "b/db", "4/TCP");
        evaluated.Allows("a/web", "b/other", "2/TCP", "3/TCP", "4/TCP");
    }

    [TestMethod]
    public void A_denial_that_cannot_be_expressed_denies_every_peer_of_its_subject_alone()
    {
        var evaluated = new EvaluatedTestCluster(Pods2().WithPolicies(
            Admin("first", 1, InNamespaces(pods: "app=db"), egress: [Allow(Pods()), Deny(Network("10.0.0.0/30"), "3/TCP")]) with { Isolation = DeniesEveryPeer }));
        evaluated.Denies("b/db", "a/web", "1/TCP", "3/TCP", "ICMP");
        evaluated.Denies("b/db", "8.8.8.8", "1/TCP");
        evaluated.Allows("b/other", "a/web", "1/TCP", "3/TCP");
        evaluated.Allows("a/web", "b/db", "1/TCP");
    }

    [TestMethod]
    public void Oracle_rules_and_explainer_agree_on_isolated_policies() => CompilerAgreement.ClusterSamples.ForAll(1000, sample =>
    {
        var cluster = sample.Cluster;
        var isolated = ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Select((policy, place) =>
            policy with { Isolation = (place % 3) switch { 0 => AllowsNothing, 1 => DeniesEveryPeer, _ => null } }));
        Assert.IsNull(CompilerAgreement.CheckVerdicts(sample with { Cluster = isolated }, c => PolicyCompiler.Compile(c)));
        var explainer = new Explainer(isolated);
        foreach (var connection in sample.Connections)
            Assert.AreEqual(Oracle.Evaluate(isolated, connection), explainer.Explain(connection).Verdict, connection.ToString());
    });

    [TestMethod]
    public void Isolation_is_an_ordinary_incremental_change()
    {
        var policy = NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone(), "80/TCP")]);
        var cluster = Pods2().WithPolicies(policy).Snapshot;
        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterChanges.FromEmptyTo(cluster));
        foreach (var now in new[] { policy with { Isolation = AllowsNothing }, policy })
        {
            compiler.Apply(new() { Policies = [new(policy.Id, now)] });
            var fresh = PolicyCompiler.Compile(ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, [now]));
            foreach (var rules in fresh)
                Assert.AreEqual(rules, compiler.RulesOf(rules.Node).RuleSet);
        }
    }

    private static TestCluster Pods2() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db").Pod("b/other", "10.0.0.3", "app=other", node: "node-2");
}
