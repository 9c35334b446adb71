using System.Diagnostics;
using NetPol.Kubernetes.Manifests;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Manifests;

/// <summary>The custom resource definitions, a real API server and the loader agree on what is a policy.</summary>
[TestClass]
public sealed class CrdTests
{
    private const int NotThere = 77;

    public static IEnumerable<object[]> Accepted() => Cases("accepted");

    public static IEnumerable<object[]> Refused() => Cases("refused").Concat(Cases("refused-by-expressions"));

    [TestMethod, TestCategory("Unit")]
    [DynamicData(nameof(Accepted))]
    public void What_the_definitions_accept_is_no_error(string file)
    {
        var loaded = Load(file);

        Assert.IsFalse(loaded.HasErrors, string.Join('\n', loaded.Diagnostics));
        Assert.AreEqual(1, loaded.Snapshot.Policies.Count);
    }

    [TestMethod, TestCategory("Unit")]
    [DynamicData(nameof(Refused))]
    public void What_the_definitions_refuse_is_reported(string file)
    {
        Assert.AreNotEqual(0, Load(file).Diagnostics.Count(d => d.Code != "not-enforced"));
    }

    [TestMethod, TestCategory("Cluster")]
    public void A_real_API_server_takes_the_definitions_and_evaluates_by_them()
    {
        using var verify = Process.Start(new ProcessStartInfo("bash", [Repository.Path("crds", "verify")]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = verify.StandardOutput.ReadToEnd();
        verify.WaitForExit();

        if (verify.ExitCode == NotThere)
            Assert.Inconclusive(output);
        Assert.AreEqual(0, verify.ExitCode, output);
    }

    private static LoadedManifests Load(string file) =>
        ManifestLoader.Load([Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", file)], stdin: null);

    private static IEnumerable<object[]> Cases(string folder) =>
        Directory.GetFiles(Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", folder), "*.yaml")
            .Order(StringComparer.Ordinal).Select(f => new object[] { Path.Combine(folder, Path.GetFileName(f)) });
}
