using NetPol.Compiler;
using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Testing.Oracles;
using NetPol.Testing.Samples;

namespace NetPol.Samples.Tests;

/// <summary>Every folder of <c>policy-samples</c>: found, not listed.</summary>
[TestClass]
public sealed class SampleVerdictTests
{
    public static IEnumerable<string> Names => Sample.All().Select(s => s.Name);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Loading_reports_the_expected_codes(string name)
    {
        var sample = Sample.Named(name);
        var loaded = ManifestLoader.Load(sample.Manifests, null);
        var codes = loaded.Diagnostics.Concat(PolicyLinter.Check(loaded).Diagnostics).Select(d => d.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        Assert.AreEqual(string.Join(", ", sample.Expected.Reports), string.Join(", ", codes), string.Join('\n', loaded.Diagnostics));
        Assert.IsEmpty(loaded.Skipped);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Oracle_matches_the_expected_matrix(string name)
    {
        var cluster = Cluster(name);
        AssertExpected(name, cluster, connection => Oracle.Evaluate(cluster, connection));
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Rule_sets_match_the_expected_matrix(string name)
    {
        var cluster = Cluster(name);
        AssertExpected(name, cluster, new ClusterEvaluator(PolicyCompiler.Compile(cluster), cluster).Evaluate);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Oracle_and_rule_sets_name_the_same_decisions(string name)
    {
        var cluster = Cluster(name);
        var evaluator = new ClusterEvaluator(PolicyCompiler.Compile(cluster), cluster);
        foreach (var expected in Sample.Named(name).Expected.In(cluster))
            Assert.AreEqual(Oracle.Evaluate(cluster, expected.Connection), evaluator.Evaluate(expected.Connection), expected.ToString());
    }

    private static ClusterSnapshot Cluster(string name) => ManifestLoader.Load(Sample.Named(name).Manifests, null).Complete();

    private static void AssertExpected(string name, ClusterSnapshot cluster, Func<Connection, ConnectionVerdict> evaluate)
    {
        var wrong =
            from expected in Sample.Named(name).Expected.In(cluster)
            let answer = evaluate(expected.Connection)
            where answer.Verdict != expected.Verdict
            select $"{expected}: expected {expected.Verdict}, got egress {answer.Egress}, ingress {answer.Ingress}";
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
