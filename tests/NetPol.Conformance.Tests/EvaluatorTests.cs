using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Conformance.Tests;

/// <summary>Every probe of upstream's suites, judged by the compiled rule sets and by the oracle of the tests.</summary>
[TestClass, TestCategory("Unit")]
public sealed class EvaluatorTests
{
    public static IEnumerable<string> Suites => Suite.All.Select(s => s.Name);

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DynamicData(nameof(Suites))]
    public void Compiled_rule_sets_judge_every_probe_as_upstream_expects(string name) => Run(name, "evaluator", cluster =>
    {
        var evaluator = new ClusterEvaluator(PolicyCompiler.Compile(cluster), cluster);
        return probe => probe.IsToOwnNode ? evaluator.JudgeToOwnNode(probe.Connection).Verdict : evaluator.Judge(probe.Connection).Verdict;
    });

    [TestMethod]
    [DynamicData(nameof(Suites))]
    public void The_oracle_judges_every_probe_as_upstream_expects(string name) => Run(name, "oracle", cluster =>
        probe => probe.IsToOwnNode ? Oracle.JudgeToOwnNode(cluster, probe.Connection).Verdict : Oracle.Judge(cluster, probe.Connection).Verdict);

    private void Run(string name, string judge, Func<ClusterSnapshot, Func<Suite.ExpectedConnection, Verdict>> judging)
    {
        var suite = Suite.Named(name);
        var (probes, wrong) = (0, new List<string>());
        foreach (var step in suite.Read())
        {
            var verdictOf = judging(step.Cluster);
            foreach (var probe in step.Connections)
            {
                probes++;
                if (verdictOf(probe) != probe.Verdict)
                    wrong.Add($"{step.Name}: {probe.Pods} {probe.Connection}: expected {probe.Verdict}");
            }
        }
        TestContext.WriteLine($"{suite.Name}: {probes - wrong.Count} of {probes} probes");
        ConformanceData.Count(suite, judge, probes - wrong.Count);
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
