using NetPol.Kubernetes.Manifests;

namespace NetPol.Conformance.Tests;

/// <summary>Our own validation accepts and refuses what upstream's definition of ClusterNetworkPolicy must, in both versions.</summary>
[TestClass, TestCategory("Unit")]
public sealed class CrdValidationTests
{
    private const string Written = "policy.networking.k8s.io/v1alpha2";

    [TestMethod]
    [DataRow("v1alpha2")]
    [DataRow("v1beta1")]
    public void Validation_accepts_and_rejects_as_upstream(string version)
    {
        var wrong = new List<string>();
        var files = Directory.GetFiles(UpstreamData.PathOf("crd-validation"), "*.yaml");
        foreach (var file in files)
        {
            var name = Path.GetFileName(file);
            var text = File.ReadAllText(file).Replace(Written, $"policy.networking.k8s.io/{version}", StringComparison.Ordinal);
            var loaded = ManifestLoader.Load(["-"], new StringReader(text));
            var accepts = name.StartsWith("valid-", StringComparison.Ordinal);
            if (loaded.HasErrors == accepts)
                wrong.Add($"{name}: {(accepts ? "refused" : "accepted")}: {string.Join("; ", loaded.Diagnostics)}");
            Assert.AreEqual(1, loaded.Snapshot.Policies.Count, name);
        }
        Assert.IsGreaterThanOrEqualTo(9, files.Length);
        Assert.AreEqual("", string.Join('\n', wrong));
    }
}
