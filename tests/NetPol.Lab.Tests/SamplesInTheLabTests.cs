using NetPol.Compiler;
using NetPol.Kubernetes;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Rendering;
using NetPol.Testing.Samples;

namespace NetPol.Lab.Tests;

/// <summary>Every folder of <c>policy-samples</c>, with real packets.</summary>
[TestClass]
public sealed class SamplesInTheLabTests
{
    public static IEnumerable<string> Names => Sample.All().Select(s => s.Name);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Packets_fare_as_the_sample_expects(string name)
    {
        var sample = Sample.Named(name);
        var world = WorldCompletion.Complete(ManifestLoader.Load(sample.Manifests, null).Snapshot);
        var expected = sample.Expected.In(world);
        using var lab = PolicyLab.Create(world, expected.SelectMany(e => new[] { e.Connection.Source, e.Connection.Destination }));
        var ruleSets = PolicyCompiler.Compile(world);
        lab.Load(ruleSets);

        foreach (var rules in ruleSets)
            Assert.IsTrue(TableDiff.Between(lab.Read(rules.Node), Renderer.Render(rules)).IsEmpty, $"the table on {rules.Node} is not what was written");
        var seen = await lab.ProbeAsync(expected.Select(e => (e.Connection, (bool?)(e.Verdict == Verdict.Allow))), TestContext.CancellationToken);
        var wrong = expected.Zip(seen).Where(pair => !pair.Second.Agrees).Select(pair => $"{pair.First}: expected {pair.First.Verdict}, seen {pair.Second}");
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
