using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>The compiled rule sets mean what the policies mean: the evaluator and the oracle agree on verdict and decider.</summary>
[TestClass]
public sealed class OracleAgreementTests
{
    [TestMethod]
    public void Compiled_rule_sets_judge_as_the_policies_mean() => Generators.Worlds
        .SelectMany(world => Generators.Connections(world).Array[48].Select(connections => new JudgedWorld(world, connections)))
        .Holds(3000, sample => AssertAgreement(sample.Cluster, PolicyCompiler.Compile(sample.Cluster), sample.Connections));

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
    public void A_walk_by_differences_ends_where_a_fresh_start_does() => Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 6])
        .Holds(600, sample =>
        {
            var (world, steps) = sample;
            var held = ByNode(world);
            foreach (var step in steps)
            {
                world = step.Apply(world);
                var wanted = ByNode(world);
                foreach (var (node, after) in wanted)
                {
                    var before = held.GetValueOrDefault(node) ?? NodeRuleSet.EmptyFor(node);
                    var delta = NodeRuleSetDelta.Between(before, after);
                    held[node] = delta.Apply(before);
                    Assert.AreEqual(after, held[node], step.Description);
                    Assert.AreEqual(before == after, delta.IsEmpty, step.Description);
                }
            }
        });

    [TestMethod]
    public void After_any_walk_rule_sets_judge_as_the_policies_mean() => Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 8])
        .Select((world, steps) => steps.Aggregate(world, (at, step) => step.Apply(at)))
        .SelectMany(world => Generators.Connections(world).Array[48].Select(connections => new JudgedWorld(world, connections)))
        .Holds(500, sample => AssertAgreement(sample.Cluster, PolicyCompiler.Compile(sample.Cluster), sample.Connections));

    private static void AssertAgreement(ClusterSnapshot cluster, IEnumerable<NodeRuleSet> compiled, IEnumerable<Connection> connections)
    {
        var evaluator = new ClusterEvaluator(compiled, cluster);
        foreach (var connection in connections)
        {
            ConnectionVerdict meant = Oracle.Judge(cluster, connection), actual = evaluator.Judge(connection);
            Assert.AreEqual(meant, actual, $"{connection}: meant {Told(meant)}; compiled to {Told(actual)}");
        }
    }

    private static string Told(ConnectionVerdict verdict) => $"egress {verdict.Egress}, ingress {verdict.Ingress}";

    private static Dictionary<string, NodeRuleSet> ByNode(ClusterSnapshot cluster) =>
        PolicyCompiler.Compile(cluster).ToDictionary(r => r.Node, StringComparer.Ordinal);
}
