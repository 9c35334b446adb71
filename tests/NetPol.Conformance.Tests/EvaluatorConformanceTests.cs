using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Testing.Oracles;

namespace NetPol.Conformance.Tests;

/// <summary>Every probe of upstream's suites, evaluated by the compiled rule sets and by the oracle of the tests.</summary>
[TestClass, TestCategory("Unit")]
public sealed class EvaluatorConformanceTests
{
    public static IEnumerable<string> Suites => UpstreamSuite.All.Select(s => s.Name);

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DynamicData(nameof(Suites))]
    public void Rule_sets_match_every_upstream_probe(string name) => Run(name, "evaluator", cluster =>
    {
        var evaluator = new ClusterEvaluator(PolicyCompiler.Compile(cluster), cluster);
        return probe => probe.IsToOwnNode ? evaluator.EvaluatePodToHost(probe.Connection).Verdict : evaluator.Evaluate(probe.Connection).Verdict;
    });

    [TestMethod]
    [DynamicData(nameof(Suites))]
    public void Oracle_matches_every_upstream_probe(string name) => Run(name, "oracle", cluster =>
        probe => probe.IsToOwnNode ? Oracle.EvaluatePodToHost(cluster, probe.Connection).Verdict : Oracle.Evaluate(cluster, probe.Connection).Verdict);

    private void Run(string name, string evaluate, Func<ClusterSnapshot, Func<UpstreamSuite.ExpectedConnection, Verdict>> evaluating)
    {
        var suite = UpstreamSuite.Named(name);
        var (probes, wrong) = (0, new List<string>());
        foreach (var step in suite.Read())
        {
            var verdictOf = evaluating(step.Cluster);
            foreach (var probe in step.Connections)
            {
                probes++;
                if (verdictOf(probe) != probe.Verdict)
                    wrong.Add($"{step.Name}: {probe.Pods} {probe.Connection}: expected {probe.Verdict}");
            }
        }
        TestContext.WriteLine($"{suite.Name}: {probes - wrong.Count} of {probes} probes");
        UpstreamData.Count(suite, evaluate, probes - wrong.Count);
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
