using System.Text.Json;
using NetPol.Cli.Tests.Cases;

namespace NetPol.Cli.Tests.Check;

[TestClass, TestCategory("Process")]
public sealed class CheckTests
{
    private const string Warned = """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: everyone, namespace: shop }
        spec: { podSelector: {}, ingress: [{ from: [] }] }
        """;

    [TestMethod]
    public async Task Policies_without_pods_are_linted_and_what_needs_pods_is_named()
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", CaseFolder.Of("21-no-pods", "policies-only.yaml"));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, "there are no pods, so these were not checked: and-written-as-or, ");
        StringAssert.EndsWith(outcome.Output, "no errors, no warnings\n");
    }

    [TestMethod]
    public async Task Policies_by_themselves_are_the_usual_content_of_a_repository()
    {
        var outcome = await NetPolProcess.RunAsync(Warned, ["check", "-f", "-"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.StartsWith(outcome.Output, "-:4: NetworkPolicy shop/everyone: spec.ingress[0].from: warning: without items it means every peer");
        StringAssert.Contains(outcome.Output, " [empty-peers]\n");
        StringAssert.EndsWith(outcome.Output, "0 errors, 1 warning\n");
    }

    [TestMethod]
    [DataRow("", 0)]
    [DataRow("--fail-on error", 0)]
    [DataRow("--fail-on warning", 1)]
    [DataRow("--fail-on warning --ignore empty-peers", 0)]
    [DataRow("--fail-on warning --ignore empty-ports --ignore selects-no-pod", 1)]
    [DataRow("--fail-on never", 2)]
    [DataRow("--ignore empty-perrs", 2)]
    public async Task The_exit_code_is_by_what_is_found(string options, int code)
    {
        var outcome = await NetPolProcess.RunAsync(Warned, ["check", "-f", "-", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.AreEqual(code, outcome.ExitCode, outcome.Output + outcome.Error);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("# nothing\n---\n")]
    [DataRow("---\n---\n")]
    public async Task Without_objects_nothing_was_checked(string text)
    {
        var outcome = await NetPolProcess.RunAsync(text, ["check", "-f", "-"]);
        var json = await NetPolProcess.RunAsync(text, ["check", "-f", "-", "-o", "json"]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.StartsWith(outcome.Output, "there are no objects to check: name files that have policies [no-objects]\n");
        Assert.AreEqual(1, json.ExitCode);
        using var document = JsonDocument.Parse(json.Output);
        Assert.AreEqual("no-objects", document.RootElement.GetProperty("diagnostics")[0].GetProperty("code").GetString());
    }

    [TestMethod]
    public async Task Json_has_the_code_of_every_diagnostic_and_what_was_not_checked()
    {
        var text = Warned.Replace("from: []", "from: [{ ipBlock: { cidr: 10.0.0.1/8 } }]", StringComparison.Ordinal);

        var outcome = await NetPolProcess.RunAsync(text, ["check", "-f", "-", "-o", "json"]);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        var found = json.RootElement.GetProperty("diagnostics")[0];
        Assert.AreEqual("host-bits error Kubernetes 1.36 and later", $"{found.GetProperty("code")} {found.GetProperty("severity")} {found.GetProperty("refusedBy")}");
        Assert.AreEqual("""{"code":"and-written-as-or","needs":"pods"}""", json.RootElement.GetProperty("notChecked")[0].GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));
    }

    [TestMethod]
    public async Task What_newer_servers_refuse_is_a_warning_where_it_is_only_read()
    {
        const string Pod = """

            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: web, namespace: shop }
            """;
        var text = Warned.Replace("from: []", "from: [{ ipBlock: { cidr: 10.0.0.1/8 } }]", StringComparison.Ordinal) + Pod;

        var outcome = await NetPolProcess.RunAsync(text, ["explain", "-f", "-", "--from", "10.9.9.9", "--to", "shop/web", "--port", "80/TCP"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Error, "warning: 10.0.0.1/8 has bits set after its prefix: write 10.0.0.0/8, as it is read; Kubernetes 1.36 and later refuse it");
        StringAssert.Contains(outcome.Output, ": allowed");
    }
}
