using System.Text.Json;
using NetPol.Testing;

namespace NetPol.Cli.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class LabTests
{
    [TestMethod]
    public async Task Lab_run_observes_what_the_policies_say()
    {
        Needs.Kernel();

        var outcome = await NetPolProcess.RunAsync("lab", "run", "-f", NetPolProcess.Fixture("small"), "-o", "json");

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        Assert.AreEqual(4, json.RootElement.GetArrayLength());
        foreach (var entry in json.RootElement.EnumerateArray())
            Assert.AreEqual(entry.GetProperty("verdict").GetString(), entry.GetProperty("observed").GetString());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task A_daemon_set_has_a_pod_on_every_node_of_the_lab(int nodes)
    {
        Needs.Kernel();

        var outcome = await NetPolProcess.RunAsync(
            """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: { name: logs, namespace: kube-system }
            spec: { template: { metadata: { labels: { app: logs } }, spec: { containers: [{ name: logs, ports: [{ containerPort: 80 }] }] } } }
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: web, namespace: kube-system }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: logs, namespace: kube-system }
            spec: { podSelector: { matchLabels: { app: logs } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: logs } } }] }] }
            """,
            ["lab", "run", "-f", "-", "--nodes", $"{nodes}", "-o", "json"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        var pods = json.RootElement.EnumerateArray().Select(e => e.GetProperty("to").GetString()!).Where(p => p.StartsWith("kube-system/logs", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);
        Assert.HasCount(nodes, pods);
    }

    [TestMethod]
    public async Task Lab_up_refuses_standard_input()
    {
        Needs.Kernel();

        var outcome = await NetPolProcess.RunAsync("lab", "up", "-f", "-");

        Assert.AreEqual(2, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, "write their paths instead of -");
    }
}
