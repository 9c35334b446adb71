using NetPol.Testing.Infrastructure;

namespace NetPol.Conformance.Tests;

/// <summary>The validation expressions of the definitions in <c>crds</c>, which the API server of the test cluster is too old to know.</summary>
[TestClass, TestCategory("Unit")]
public sealed class CelValidationTests
{
    private static readonly CustomResourceDefinition[] Definitions = [.. Directory.GetFiles(Repository.Path("crds"), "*.yaml").Select(CustomResourceDefinition.Read)];

    private static readonly string Cases = Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds");

    [TestMethod]
    public void Expressions_hold_for_accepted_objects() => AssertEach(Directory.GetFiles(Path.Combine(Cases, "accepted"), "*.yaml"), holds: true);

    [TestMethod]
    public void An_expression_fails_for_each_refused_object() => AssertEach(Directory.GetFiles(Path.Combine(Cases, "refused-by-expressions"), "*.yaml"), holds: false);

    [TestMethod]
    public void Expressions_match_upstreams_definition()
    {
        var files = Directory.GetFiles(UpstreamData.PathOf("crd-validation"), "*.yaml").ToLookup(f => Path.GetFileName(f).StartsWith("valid-", StringComparison.Ordinal));
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
    public void Networks_are_evaluated_as_Kubernetes_does(string network, bool holds)
    {
        var policy = CustomResourceDefinition.ReadObject($"spec: {{egress: [{{action: Deny, to: [{{networks: [\"{network}\"]}}]}}]}}");
        var definition = Definitions.Single(d => d.Kind is "ClusterNetworkPolicy");
        foreach (var version in definition.Versions)
            Assert.AreEqual(holds, definition.Evaluate(version, policy).Count == 0, version);
    }

    /// <summary>Validates each file by every version of its kind.</summary>
    private static void AssertEach(IEnumerable<string> files, bool holds)
    {
        var evaluated = 0;
        foreach (var file in files)
        {
            var policy = CustomResourceDefinition.ReadObject(File.ReadAllText(file));
            var definition = Definitions.Single(d => string.Equals(d.Kind, (string)policy["kind"]!, StringComparison.Ordinal));
            foreach (var version in definition.Versions)
            {
                var faults = definition.Evaluate(version, policy);
                Assert.AreEqual(holds, faults.Count == 0, $"{Path.GetFileName(file)} as {version}: {string.Join("; ", faults)}");
                evaluated++;
            }
        }
        Assert.IsGreaterThan(0, evaluated);
    }
}
