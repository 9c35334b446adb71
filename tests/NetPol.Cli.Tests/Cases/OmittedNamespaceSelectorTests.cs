namespace NetPol.Cli.Tests.Cases;

/// <summary>A ClusterNetworkPolicy without <c>namespaceSelector</c> selects pods of all namespaces, in both versions.</summary>
[TestClass, TestCategory("Process")]
public sealed class OmittedNamespaceSelectorTests
{
    private static readonly string[] Pods = ["bank/ledger", "lab/scanner", "lab/editor"];

    [TestMethod]
    [DataRow("v1alpha2")]
    [DataRow("v1beta1")]
    public async Task A_missing_namespace_selector_selects_all_namespaces(string version)
    {
        var text = await File.ReadAllTextAsync(CaseFolder.Of("35-omitted-namespace-selector", "all.yaml"));
        var input = text.Replace("v1alpha2", version, StringComparison.Ordinal);

        var denied = new List<string>();
        foreach (var (from, to) in Pods.SelectMany(from => Pods.Where(to => to != from), (from, to) => (from, to)))
        {
            var outcome = await NetPolProcess.RunAsync(input, ["explain", "-f", "-", "--from", from, "--to", to, "--port", "80"]);
            if (outcome.Output.Contains("denied", StringComparison.Ordinal))
                denied.Add($"{from} -> {to}");
            else
                StringAssert.Contains(outcome.Output, "allowed", StringComparison.Ordinal, outcome.Error);
        }

        Assert.AreEqual("lab/scanner -> bank/ledger", string.Join(", ", denied));
    }
}
