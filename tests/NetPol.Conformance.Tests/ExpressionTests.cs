using NetPol.Testing;

namespace NetPol.Conformance.Tests;

/// <summary>The validation expressions of the definitions in <c>crds</c>, which the API server of the test cluster is too old to know.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ExpressionTests
{
    private static readonly Definition[] Definitions = [.. Directory.GetFiles(Repository.Path("crds"), "*.yaml").Select(Definition.Read)];

    private static readonly string Cases = Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds");

    [TestMethod]
    public void They_hold_for_what_the_definitions_accept() => AssertEach(Directory.GetFiles(Path.Combine(Cases, "accepted"), "*.yaml"), holds: true);

    [TestMethod]
    public void One_of_them_fails_for_what_they_refuse() => AssertEach(Directory.GetFiles(Path.Combine(Cases, "refused-by-expressions"), "*.yaml"), holds: false);

    [TestMethod]
    public void They_judge_as_upstreams_definition_must()
    {
        var files = Directory.GetFiles(ConformanceData.PathOf("crd-validation"), "*.yaml").ToLookup(f => Path.GetFileName(f).StartsWith("valid-", StringComparison.Ordinal));
        Assert.IsGreaterThanOrEqualTo(5, files[false].Count());
        AssertEach(files[true], holds: true);
        AssertEach(files[false], holds: false);
    }

    [TestMethod]
    [DataRow("10.0.0.0/8", true)]
    [DataRow("2001:db8::/32", true)]
    [DataRow("2001:DB8:0::/32", true)]
    [DataRow("0.0.0.0/0", true)]
    [DataRow("10.0.0.1/8", false)]
    [DataRow("2001:db8::1/64", false)]
    [DataRow("::ffff:10.0.0.0/104", false)]
    [DataRow("010.0.0.0/8", false)]
    [DataRow("10.0.0.0/08", false)]
    [DataRow("10.0.0.0/33", false)]
    [DataRow("10.0.0.0", false)]
    [DataRow("fe80::%eth0/10", false)]
    public void Networks_are_judged_as_Kubernetes_does(string network, bool holds)
    {
        var policy = Definition.ReadObject($"spec: {{egress: [{{action: Deny, to: [{{networks: [\"{network}\"]}}]}}]}}");
        var definition = Definitions.Single(d => d.Kind is "ClusterNetworkPolicy");
        foreach (var version in definition.Versions)
            Assert.AreEqual(holds, definition.Judge(version, policy).Count == 0, version);
    }

    /// <summary>Judges each file by every version of its kind.</summary>
    private static void AssertEach(IEnumerable<string> files, bool holds)
    {
        var judged = 0;
        foreach (var file in files)
        {
            var policy = Definition.ReadObject(File.ReadAllText(file));
            var definition = Definitions.Single(d => string.Equals(d.Kind, (string)policy["kind"]!, StringComparison.Ordinal));
            foreach (var version in definition.Versions)
            {
                var faults = definition.Judge(version, policy);
                Assert.AreEqual(holds, faults.Count == 0, $"{Path.GetFileName(file)} as {version}: {string.Join("; ", faults)}");
                judged++;
            }
        }
        Assert.IsGreaterThan(0, judged);
    }
}
