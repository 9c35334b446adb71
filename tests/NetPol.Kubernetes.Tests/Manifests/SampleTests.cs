using NetPol.Kubernetes.Manifests;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Manifests;

[TestClass, TestCategory("Unit")]
public sealed class SampleTests
{
    public static IEnumerable<object[]> Samples() =>
        Directory.GetDirectories(Repository.Path("policy-samples")).Order(StringComparer.Ordinal).Select(f => new object[] { Path.GetFileName(f) });

    [TestMethod]
    [DynamicData(nameof(Samples))]
    public void Every_sample_is_free_of_errors(string sample)
    {
        var loaded = ManifestLoader.Load([Repository.Path("policy-samples", sample)], stdin: null);

        Assert.IsFalse(loaded.HasErrors, string.Join('\n', loaded.Diagnostics));
        Assert.AreNotEqual(0, loaded.Snapshot.Policies.Count);
        Assert.AreNotEqual(0, loaded.Snapshot.Pods.Count);
    }
}
