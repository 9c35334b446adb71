using NetPol.Kubernetes.Grants;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Tests.Grants;

[TestClass, TestCategory("Unit")]
public sealed class SourceGrantsTests
{
    private const string Written = """
        grants:
        - namespace: vpn
          podSelector:
            matchLabels: {app: gateway}
          sources: [10.99.0.0/16, "fd99::/64"]
        - namespace: vpn
          podSelector: {}
          sources: [10.99.7.0/24, 10.98.0.0/16]
        """;

    [TestMethod]
    public void A_pod_has_the_sources_of_every_grant_that_selects_it()
    {
        var (grants, diagnostics) = SourceGrants.Read("grants.yaml", Written);
        Assert.IsEmpty(diagnostics);
        Assert.AreEqual([Cidr.Parse("10.98.0.0/16"), Cidr.Parse("10.99.0.0/16"), Cidr.Parse("fd99::/64")], grants.SourcesOf(Pod("vpn", "gateway")));
        Assert.AreEqual([Cidr.Parse("10.98.0.0/16"), Cidr.Parse("10.99.7.0/24")], grants.SourcesOf(Pod("vpn", "other")));
        Assert.AreEqual([], grants.SourcesOf(Pod("shop", "gateway")));
    }

    [TestMethod]
    public void An_empty_file_grants_nothing()
    {
        foreach (var text in (string[])["", "# nothing yet\n", "grants: []"])
        {
            var (grants, diagnostics) = SourceGrants.Read("grants.yaml", text);
            Assert.IsEmpty(diagnostics, text);
            Assert.AreEqual(SourceGrants.None, grants, text);
        }
    }

    [TestMethod]
    [DataRow("grants:\n- podSelector: {}\n  sources: [10.0.0.0/8]", "grants.yaml:2: grants[0].namespace: it is missing: write the pods' namespace")]
    [DataRow("grants:\n- namespace: vpn\n  sources: [10.0.0.0/8]", "grants.yaml:2: grants[0].podSelector: it is missing: write {} for every pod of the namespace")]
    [DataRow("grants:\n- namespace: vpn\n  podSelector: {}", "grants.yaml:2: grants[0].sources: it is missing: write the networks that the pods may send from")]
    [DataRow("grants:\n- namespace: vpn\n  podSelector: {}\n  sources: []", "grants.yaml:4: grants[0].sources: the list is empty: write the networks that the pods may send from")]
    [DataRow("grants:\n- namespace: vpn\n  podSelector: {}\n  sources: [10.0.0.1]", "grants.yaml:4: grants[0].sources[0]: \"10.0.0.1\" is not a CIDR: write 10.0.0.1/32 for this address alone")]
    [DataRow("grants:\n- namespace: vpn\n  podSelector: {}\n  sources: [\"::/0\"]", "grants.yaml:4: grants[0].sources[0]: ::/0 is every address, those of all other pods too: write the networks behind the pod")]
    [DataRow("grants:\n- namespace: vpn\n  podSelector: {}\n  source: [10.0.0.0/8]", "grants.yaml:4: grants[0].source: there is no such field: did you mean sources?")]
    [DataRow("grant: []", "grants.yaml:1: grant: there is no such field: did you mean grants?")]
    [DataRow("- vpn", "grants.yaml:1: a list stands where an object is needed")]
    public void A_fault_has_file_line_field_and_remedy(string text, string fault) =>
        CollectionAssert.Contains(SourceGrants.Read("grants.yaml", text).Diagnostics.Select(d => d.ToString()).ToArray(), fault);

    private static Pod Pod(string space, string app) => new(new(space, "p"), Labels.Create(("app", app)), "n1", [IpAddress.Parse("10.1.0.2")], []);
}
