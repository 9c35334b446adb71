using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Manifests;

/// <summary>
/// Every folder below Fixtures is a case: its manifests, and their result in expected.txt. With NETPOL_ACCEPT=1 in the environment the
/// test writes the files again; review them with git.
/// </summary>
[TestClass, TestCategory("Unit")]
public sealed class ManifestGoldenTests
{
    private const string Expected = "expected.txt";

    public static IEnumerable<object[]> Cases() =>
        Directory.GetDirectories(Repository.Path("tests", "NetPol.Kubernetes.Tests", "Fixtures")).Order(StringComparer.Ordinal).Select(f => new object[] { Path.GetFileName(f) });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Manifests_give_what_is_expected(string name)
    {
        var folder = Repository.Path("tests", "NetPol.Kubernetes.Tests", "Fixtures", name);
        var actual = Describe(ManifestLoader.Load([folder], stdin: null), folder);
        var file = Path.Combine(folder, Expected);
        if (Environment.GetEnvironmentVariable("NETPOL_ACCEPT") == "1")
            File.WriteAllText(file, actual);

        Assert.AreEqual(File.Exists(file) ? File.ReadAllText(file) : "", actual);
    }

    private static string Describe(LoadedManifests loaded, string folder)
    {
        var lines = loaded.Diagnostics.Select(d => $"{d.Severity} {d.Code}: {d}".Replace(folder + "/", "", StringComparison.Ordinal)).ToList();
        lines.AddRange(loaded.Skipped.Select(p => $"passed over: {p.Key} {p.Value}"));
        lines.AddRange(loaded.Snapshot.Namespaces.Select(n => $"namespace {n.Name} [{n.Labels}]{Asks(n.Logging)}"));
        lines.AddRange(loaded.Snapshot.Nodes.Select(n => $"node {n.Name} [{n.Labels}] {n.Addresses}"));
        foreach (var p in loaded.Snapshot.Pods)
            lines.Add($"pod {p.Id} [{p.Labels}] node {p.Node ?? "-"} {p.Addresses} ports [{string.Join(", ", p.Ports.Select(c => $"{c.Name}:{c.Number}/{c.Protocol.Name()}"))}]{(p.HostNetwork ? " host network" : "")}{(p.Finished ? " finished" : "")}");
        foreach (var policy in loaded.Snapshot.Policies)
        {
            lines.Add($"policy {policy.Id} tier {policy.Tier} priority {policy.Priority} subject {policy.Subject}{(policy.IsAudited ? " audited" : "")}{Asks(policy.Logging)}");
            Describe("ingress", policy.Ingress, lines);
            Describe("egress", policy.Egress, lines);
        }
        return string.Concat(lines.Select(l => l + "\n"));
    }

    private static string Asks(FlowLogging logging) => logging == FlowLogging.None ? "" : $" logs {logging}";

    private static void Describe(string direction, ValueArray<Rule>? rules, List<string> lines)
    {
        if (rules is { IsEmpty: true })
            lines.Add($"  {direction}: no rules");
        foreach (var rule in rules ?? default)
            lines.Add($"  {direction} {rule.Index}{(rule.Name is null ? "" : $" \"{rule.Name}\"")}: {rule.Action} {string.Join(" | ", rule.Peers)}; {(rule.Ports is { } ports ? string.Join(" | ", ports) : "everything")}");
    }
}
