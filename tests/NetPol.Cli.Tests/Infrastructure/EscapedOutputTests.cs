using System.Globalization;
using System.Text;

namespace NetPol.Cli.Tests.Infrastructure;

/// <summary>Every output of the command escapes names with bidirectional controls or invisible characters.</summary>
[TestClass, TestCategory("Process")]
public sealed class EscapedOutputTests
{
    private const string Cluster = """
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop }
        spec: { nodeName: n1, containers: [{ name: c }] }
        status: { podIPs: [{ ip: 10.0.0.1 }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db, namespace: shop }
        spec: { nodeName: n1, containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
        status: { podIPs: [{ ip: 10.0.0.2 }] }
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: closed }
        spec:
          tier: Admin
          priority: 1
          subject: { namespaces: {} }
          ingress:
            - { name: "evil\u202E\u2066\u200B\u2028name", action: Deny, from: [{ namespaces: {} }] }
        """;

    [TestMethod]
    [DataRow("explain --from shop/web --to shop/db --port 80")]
    [DataRow("explain --from shop/web --to shop/db --port 80 -o json")]
    [DataRow("rules")]
    [DataRow("rules -o json")]
    [DataRow("render --node n1")]
    public Task A_rule_s_name_is_written_in_visible_characters(string command) => AssertVisibleAsync(command, Cluster, "evil\\u202E\\u2066\\u200B\\u2028name");

    [TestMethod]
    [DataRow("check")]
    [DataRow("check -o json")]
    public Task A_fault_is_reported_in_visible_characters(string command) => AssertVisibleAsync(
        command, Cluster.Replace("action: Deny", "action: \"De\\u202Eny\"", StringComparison.Ordinal), "De\\u202Eny");

    [TestMethod]
    [DataRow("matrix -o html")]
    [DataRow("matrix")]
    public Task Pages_and_tables_have_none_of_them(string command) => AssertVisibleAsync(command, Cluster, "shop");

    private async Task AssertVisibleAsync(string command, string cluster, string shown)
    {
        var file = Path.Combine(Path.GetTempPath(), $"netpol-visible-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file, cluster, TestContext.CancellationToken);
        try
        {
            var outcome = await NetPolProcess.RunAsync([.. command.Split(' '), "-f", file]);
            var written = outcome.Output + outcome.Error;
            // JSON doubles the backslash of an escaped character.
            Assert.Contains(shown, written.Replace("\\\\u", "\\u", StringComparison.Ordinal), written);
            foreach (var rune in written.EnumerateRunes())
            {
                Assert.IsFalse(
                    Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                    || (Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control && rune.Value is not ('\n' or '\r' or '\t')),
                    $"U+{rune.Value:X4} in:\n{written}");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    public required TestContext TestContext { get; init; }
}
