using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>The compiled rule sets mean what the policies mean: the evaluator and the oracle agree on verdict and decider.</summary>
[TestClass]
public sealed class OracleAgreementTests
{
    [TestMethod]
    public void Compiled_rule_sets_judge_as_the_policies_mean() => Agreement.JudgedWorlds
        .Holds(3000, sample => Assert.IsNull(Agreement.OfVerdicts(sample, Compile)));

    [TestMethod]
    public void Nothing_is_listed_that_makes_no_difference() => Generators.Worlds.Holds(1000, world => Assert.IsNull(Agreement.OfEntries(world, Compile)));

    [TestMethod]
    public void After_any_walk_rule_sets_judge_as_the_policies_mean() => Agreement.Walks
        .Select((world, steps) => steps.Aggregate(world, (at, step) => step.Apply(at)))
        .SelectMany(world => Generators.Connections(world).Array[48].Select(connections => new JudgedWorld(world, connections)))
        .Holds(500, sample => Assert.IsNull(Agreement.OfVerdicts(sample, Compile)));

    [TestMethod]
    public void A_walk_by_differences_ends_where_a_fresh_start_does() => Agreement.Walks
        .Holds(600, walk => Assert.IsNull(Agreement.OfDifferences(walk.World, walk.Steps, Compile)));

    [TestMethod]
    public void A_node_compiled_alone_is_the_node_compiled_with_the_others() => Generators.Worlds.Holds(300, world =>
    {
        foreach (var rules in PolicyCompiler.Compile(world))
            Assert.AreEqual(rules, PolicyCompiler.CompileNode(world, rules.Node));
    });

    [TestMethod]
    public void The_order_of_the_objects_changes_nothing() => Generators.Worlds
        .SelectMany(world => Gen.Select(
            Gen.Shuffle(world.Namespaces.ToArray()), Gen.Shuffle(world.Pods.ToArray()), Gen.Shuffle(world.Nodes.ToArray()),
            Gen.Shuffle(world.Policies.ToArray()), (n, p, o, q) => (world, shuffled: ClusterSnapshot.Create(n, p, o, q))))
        .Holds(500, sample => Assert.AreEqual(PolicyCompiler.Compile(sample.world), PolicyCompiler.Compile(sample.shuffled)));

    [TestMethod]
    public void Audited_policies_enforce_nothing_and_tell_what_they_would() => Agreement.JudgedWorlds.Holds(1000, sample =>
    {
        var world = sample.Cluster;
        var both = Evaluator(world);
        var without = Evaluator(With(world, world.Policies.Where(p => !p.IsAudited)));
        var enforced = Evaluator(With(world, world.Policies.Select(p => p with { IsAudited = false })));
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict verdict = both.Judge(connection), meant = without.Judge(connection), would = enforced.Judge(connection);
            Assert.AreEqual((meant.Egress.Plain, meant.Ingress.Plain), (verdict.Egress.Plain, verdict.Ingress.Plain), connection.ToString());
            Assert.AreEqual((would.Egress.Plain, would.Ingress.Plain), (Would(verdict.Egress), Would(verdict.Ingress)), connection.ToString());
        }
    });

    private static Decision Would(Decision decision) => decision.Audit ?? decision.Plain;

    private static ClusterEvaluator Evaluator(ClusterSnapshot world) => new(PolicyCompiler.Compile(world), world);

    private static ClusterSnapshot With(ClusterSnapshot world, IEnumerable<Policy> policies) => ClusterSnapshot.Create(world.Namespaces, world.Pods, world.Nodes, policies);

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);
}
