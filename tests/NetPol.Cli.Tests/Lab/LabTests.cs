using System.Text.Json;
using NetPol.Cli.Tests.Cases;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Lab;

[TestClass, TestCategory("Kernel")]
public sealed class LabTests
{
    [TestMethod]
    public async Task Lab_run_observes_what_the_policies_say()
    {
        TestRequirements.Kernel();

        var outcome = await NetPolProcess.RunAsync("lab", "run", "-f", NetPolProcess.Fixture("small"), "-o", "json");

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        Assert.AreEqual(4, json.RootElement.GetProperty("items").GetArrayLength());
        foreach (var entry in json.RootElement.GetProperty("items").EnumerateArray())
            Assert.AreEqual(entry.GetProperty("verdict").GetString(), entry.GetProperty("observed").GetString());
    }

    [TestMethod]
    public async Task Packets_agree_with_ten_thousand_networks()
    {
        TestRequirements.Kernel();

        var outcome = await NetPolProcess.RunAsync(
            await ManyNetworksTests.MakeCaseAsync(10_000), ["lab", "run", "-f", "-", "--address", "214.115.8.9", "--address", "214.115.9.9", "--address", "99.98.58.255", "--address", "203.0.113.7"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.EndsWith(outcome.Output, "8 connections tried: 6 passed, 2 did not; all as the policies decide\n");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task A_daemon_set_has_a_pod_on_every_node_of_the_lab(int nodes)
    {
        TestRequirements.Kernel();

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
        var pods = json.RootElement.GetProperty("items").EnumerateArray().Select(e => e.GetProperty("to").GetString()!).Where(p => p.StartsWith("kube-system/logs", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal);
        Assert.HasCount(nodes, pods);
    }

    [TestMethod]
    public async Task Lab_up_refuses_standard_input()
    {
        TestRequirements.Kernel();

        var outcome = await NetPolProcess.RunAsync("lab", "up", "-f", "-");

        Assert.AreEqual(2, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, "write their paths instead of -");
    }

    [TestMethod]
    public async Task Lab_run_without_pods_is_refused()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root");

        var outcome = await NetPolProcess.RunAsync(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a, namespace: b }\nspec: { podSelector: {} }\n", ["lab", "run", "-f", "-"]);

        Assert.AreEqual((2, ""), (outcome.ExitCode, outcome.Output));
        StringAssert.Contains(outcome.Error, "there are no pods: there is nothing to try");
    }

    [TestMethod]
    public async Task The_address_of_a_Service_is_followed_to_its_endpoints()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root");

        var outcome = await NetPolProcess.RunAsync(
            """
            apiVersion: v1
            kind: Pod
            metadata: { name: web, namespace: shop, labels: { app: web } }
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: db, namespace: shop, labels: { app: db } }
            spec: { containers: [{ name: db, ports: [{ containerPort: 5432 }] }] }
            ---
            apiVersion: v1
            kind: Service
            metadata: { name: db, namespace: shop }
            spec: { clusterIP: 10.96.0.9, selector: { app: db }, ports: [{ port: 80, targetPort: 5432 }] }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: db, namespace: shop }
            spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }] }
            """,
            ["lab", "run", "-f", "-", "-a", "10.96.0.9", "-p", "80/TCP", "-p", "5432/TCP", "-o", "json"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        var through = json.RootElement.GetProperty("items").EnumerateArray().Where(e => e.GetProperty("to").GetString() == "10.96.0.9").ToList();
        Assert.AreEqual(
            "shop/web 80 allow allow",
            string.Join(", ", through.Select(e => $"{e.GetProperty("from")} {e.GetProperty("port")} {e.GetProperty("verdict")} {e.GetProperty("observed")}")));
    }
}
