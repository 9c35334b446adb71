using NetPol.Compiler;
using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;
using NetPol.Testing.Samples;

namespace NetPol.Samples.Tests;

/// <summary>Every folder of <c>policy-samples</c>: found, not listed.</summary>
[TestClass]
public sealed class SampleTests
{
    public static IEnumerable<string> Names => Sample.All().Select(s => s.Name);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Loading_reports_what_the_sample_says(string name)
    {
        var sample = Sample.Named(name);
        var loaded = ManifestLoader.Load(sample.Manifests, null);
        var codes = loaded.Diagnostics.Concat(PolicyLint.Check(loaded).Diagnostics).Select(d => d.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        Assert.AreEqual(string.Join(", ", sample.Expected.Reports), string.Join(", ", codes), string.Join('\n', loaded.Diagnostics));
        Assert.IsEmpty(loaded.PassedOver);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void The_oracle_says_what_is_expected(string name)
    {
        var world = World(name);
        AssertExpected(name, world, connection => Oracle.Judge(world, connection));
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void The_compiled_rule_sets_say_what_is_expected(string name)
    {
        var world = World(name);
        AssertExpected(name, world, new ClusterEvaluator(PolicyCompiler.Compile(world), world).Judge);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Oracle_and_rule_sets_name_the_same_decisions(string name)
    {
        var world = World(name);
        var evaluator = new ClusterEvaluator(PolicyCompiler.Compile(world), world);
        foreach (var expected in Sample.Named(name).Expected.In(world))
            Assert.AreEqual(Oracle.Judge(world, expected.Connection), evaluator.Judge(expected.Connection), expected.ToString());
    }

    private static ClusterSnapshot World(string name) => ManifestLoader.Load(Sample.Named(name).Manifests, null).Complete();

    private static void AssertExpected(string name, ClusterSnapshot world, Func<Connection, ConnectionVerdict> judge)
    {
        var wrong =
            from expected in Sample.Named(name).Expected.In(world)
            let answer = judge(expected.Connection)
            where answer.Verdict != expected.Verdict
            select $"{expected}: expected {expected.Verdict}, got egress {answer.Egress}, ingress {answer.Ingress}";
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
