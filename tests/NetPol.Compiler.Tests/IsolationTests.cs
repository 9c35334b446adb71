using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>What an isolated policy means: it allows nothing, and nothing else changes.</summary>
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
            var judged = new Judged(Pods2().With(NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone())]) with { Isolation = isolation }));
            judged.Denies("a/web", "b/db", "80/TCP", "53/UDP", "ICMP");
            judged.Allows("a/web", "b/other", "80/TCP");
            judged.Allows("b/db", "a/web", "80/TCP");
            Assert.AreEqual("deny by isolation of b/p", judged.Decider(Direction.Ingress, "a/web", "b/db"));
        }
    }

    [TestMethod]
    public void Another_NetworkPolicy_of_the_same_pods_allows_what_it_allowed()
    {
        var judged = new Judged(Pods2().With(
            NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone())]) with { Isolation = AllowsNothing },
            NetworkPolicy("b/q", "app=db", ingress: [Allow(Anyone(), "80/TCP")])));
        judged.Allows("a/web", "b/db", "80/TCP");
        judged.Denies("a/web", "b/db", "81/TCP");
    }

    [TestMethod]
    public void An_Admin_policy_keeps_its_denials_and_denies_what_it_passed_and_allows_nothing()
    {
        Rule[] rules = [Allow(Pods(), "1/TCP"), Pass(Pods(), "2/TCP"), Deny(Pods(), "3/TCP")];
        var later = Admin("later", 9, InNamespaces(), ingress: [Deny(Pods(), "1/TCP")]);
        var judged = new Judged(Pods2().With(Admin("first", 1, InNamespaces(pods: "app=db"), ingress: rules) with { Isolation = AllowsNothing }, later));
        Assert.AreEqual("deny by AdminNetworkPolicy later rule 0", judged.Decider(Direction.Ingress, "a/web", "b/db", "1/TCP"));
        judged.Denies("a/web", "b/db", "1/TCP", "2/TCP", "3/TCP");
        judged.Allows("a/web", "b/db", "4/TCP");
        judged.Allows("a/web", "b/other", "2/TCP", "3/TCP", "4/TCP");
    }

    [TestMethod]
    public void A_denial_that_cannot_be_expressed_denies_every_peer_of_its_subject_alone()
    {
        var judged = new Judged(Pods2().With(
            Admin("first", 1, InNamespaces(pods: "app=db"), egress: [Allow(Pods()), Deny(Network("10.0.0.0/30"), "3/TCP")]) with { Isolation = DeniesEveryPeer }));
        judged.Denies("b/db", "a/web", "1/TCP", "3/TCP", "ICMP");
        judged.Denies("b/db", "8.8.8.8", "1/TCP");
        judged.Allows("b/other", "a/web", "1/TCP", "3/TCP");
        judged.Allows("a/web", "b/db", "1/TCP");
    }

    [TestMethod]
    public void Oracle_rule_sets_and_explanations_agree_where_policies_are_isolated() => Agreement.JudgedWorlds.Holds(1000, sample =>
    {
        var world = sample.Cluster;
        var isolated = ClusterSnapshot.Create(world.Namespaces, world.Pods, world.Nodes, world.Policies.Select((policy, place) =>
            policy with { Isolation = (place % 3) switch { 0 => AllowsNothing, 1 => DeniesEveryPeer, _ => null } }));
        Assert.IsNull(Agreement.OfVerdicts(sample with { Cluster = isolated }, c => PolicyCompiler.Compile(c)));
        var explainer = new Explainer(isolated);
        foreach (var connection in sample.Connections)
            Assert.AreEqual(Oracle.Judge(isolated, connection), explainer.Explain(connection).Verdict, connection.ToString());
    });

    [TestMethod]
    public void Isolation_that_begins_and_ends_is_a_change_like_any_other()
    {
        var policy = NetworkPolicy("b/p", "app=db", ingress: [Allow(Anyone(), "80/TCP")]);
        var world = Pods2().With(policy).Snapshot;
        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterChanges.ToGetTo(world));
        foreach (var now in new[] { policy with { Isolation = AllowsNothing }, policy })
        {
            compiler.Apply(new() { Policies = [new(policy.Id, now)] });
            var fresh = PolicyCompiler.Compile(ClusterSnapshot.Create(world.Namespaces, world.Pods, world.Nodes, [now]));
            foreach (var rules in fresh)
                Assert.AreEqual(rules, compiler.RulesOf(rules.Node).RuleSet);
        }
    }

    private static World Pods2() => new World().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db").Pod("b/other", "10.0.0.3", "app=other", node: "node-2");
}
