using NetPol.Kubernetes;
using NetPol.Model.Cluster;
using NetPol.Testing;
using NetPol.Testing.Samples;

namespace NetPol.Samples.Tests;

/// <summary>Every folder of <c>policy-samples</c>, found and not listed.</summary>
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
        var codes = loaded.Diagnostics.Select(d => d.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        Assert.AreEqual(string.Join(", ", sample.Expected.Reports), string.Join(", ", codes), string.Join('\n', loaded.Diagnostics));
        Assert.IsEmpty(loaded.PassedOver);
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void The_oracle_says_what_is_expected(string name)
    {
        var world = World(Sample.Named(name));
        AssertAgree(name, world, connection => Oracle.Judge(world, connection).Verdict);
    }
}
