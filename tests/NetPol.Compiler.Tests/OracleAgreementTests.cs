using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Compiler.Tests;

/// <summary>The evaluator of the compiled rule sets and the oracle agree on verdict and decider.</summary>
[TestClass]
public sealed class OracleAgreementTests
{
    [TestMethod]
    public void Compiled_rules_match_the_oracle() => CompilerAgreement.ClusterSamples
        .ForAll(3000, sample => Assert.IsNull(CompilerAgreement.CheckVerdicts(sample, Compile)));

    [TestMethod]
    public void Every_entry_makes_a_difference() => Generators.Clusters.ForAll(1000, cluster => Assert.IsNull(CompilerAgreement.CheckEntries(cluster, Compile)));

    [TestMethod]
    public void Compiled_rules_match_the_oracle_after_any_walk() => CompilerAgreement.Walks
        .Select((cluster, steps) => steps.Aggregate(cluster, (at, step) => step.Apply(at)))
        .SelectMany(cluster => Generators.Connections(cluster).Array[48].Select(connections => new ClusterSample(cluster, connections)))
        .ForAll(500, sample => Assert.IsNull(CompilerAgreement.CheckVerdicts(sample, Compile)));

    [TestMethod]
    public void Applied_deltas_equal_a_full_compilation() => CompilerAgreement.Walks
        .ForAll(600, walk => Assert.IsNull(CompilerAgreement.CheckDifferences(walk.Cluster, walk.Steps, Compile)));

    [TestMethod]
    public void Single_node_compilation_equals_the_full_one() => Generators.Clusters.ForAll(300, cluster =>
    {
        foreach (var rules in PolicyCompiler.Compile(cluster))
            Assert.AreEqual(rules, PolicyCompiler.CompileNode(cluster, rules.Node));
    });

    [TestMethod]
    public void The_order_of_the_objects_changes_nothing() => Generators.Clusters
        .SelectMany(cluster => Gen.Select(
            Gen.Shuffle(cluster.Namespaces.ToArray()), Gen.Shuffle(cluster.Pods.ToArray()), Gen.Shuffle(cluster.Nodes.ToArray()),
            Gen.Shuffle(cluster.Policies.ToArray()), (n, p, o, q) => (cluster, shuffled: ClusterSnapshot.Create(n, p, o, q))))
        .ForAll(500, sample => Assert.AreEqual(PolicyCompiler.Compile(sample.cluster), PolicyCompiler.Compile(sample.shuffled)));

    [TestMethod]
    public void Audited_policies_enforce_nothing_and_report_their_verdict() => CompilerAgreement.ClusterSamples.ForAll(1000, sample =>
    {
        var cluster = sample.Cluster;
        var both = Evaluator(cluster);
        var without = Evaluator(With(cluster, cluster.Policies.Where(p => !p.IsAudited)));
        var enforced = Evaluator(With(cluster, cluster.Policies.Select(p => p with { IsAudited = false })));
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict verdict = both.Evaluate(connection), expected = without.Evaluate(connection), would = enforced.Evaluate(connection);
            Assert.AreEqual((expected.Egress.Plain, expected.Ingress.Plain), (verdict.Egress.Plain, verdict.Ingress.Plain), connection.ToString());
            Assert.AreEqual((would.Egress.Plain, would.Ingress.Plain), (Would(verdict.Egress), Would(verdict.Ingress)), connection.ToString());
        }
    });

    private static Decision Would(Decision decision) => decision.Audit ?? decision.Plain;

    private static ClusterEvaluator Evaluator(ClusterSnapshot cluster) => new(PolicyCompiler.Compile(cluster), cluster);

    private static ClusterSnapshot With(ClusterSnapshot cluster, IEnumerable<Policy> policies) => ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, policies);

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);
}
