using System.Diagnostics;
using NetPol.Testing.Infrastructure;

namespace NetPol.Monitoring.Tests;

/// <summary>What <c>manifests/monitoring</c> says of the agent is so; of the controller, its own tests say it.</summary>
[TestClass]
public sealed class MonitoringManifestTests
{
    private static readonly string Monitoring = Path.Combine(Repository.Root, "manifests/monitoring");

    [TestMethod, TestCategory("Kernel")]
    [DataRow("netpol_agent_")]
    [DataRow("netpol_policy_")]
    [DataRow("netpol_unready_")]
    [DataRow("netpol_mixed_generation_")]
    [DataRow("netpol_flow_")]
    [DataRow("netpol_source_validation_")]
    public async Task Alerts_and_dashboard_use_exported_metrics(string prefix)
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.TwoPorts + TestPolicies.Guard, null, "--metrics-series", "1");
        node.Send(1, 23);
        await TaskTimeouts.PollAsync<string>(
            "everything to be exported",
            async () => MonitoringManifests.Missing(await node.Http.GetStringAsync($"http://127.0.0.1:{MonitoredNode.MetricsPort}/metrics"), prefix), missing => missing.Length == 0);
    }

    [TestMethod, TestCategory("Unit")]
    public void Missing_metric_is_found()
    {
        Assert.IsGreaterThan(35, MonitoringManifests.All.Count);
        Assert.Contains("netpol_agent_stream_connected", MonitoringManifests.Missing("", "netpol_agent_"));
        Assert.Contains("verdict in ", MonitoringManifests.Missing("netpol_policy_verdicts_total{direction=\"ingress\"} 1\n", "netpol_policy_"));
    }

    [TestMethod, TestCategory("Cluster")]
    public void Alerts_fire_when_they_should_and_only_then()
    {
        TestRequirements.ClusterProgram("promtool", "/usr/bin/promtool");
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["test", "rules", Path.Combine(Repository.Root, "tests/NetPol.Monitoring.Tests/alerts.test.yaml")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = promtool.StandardError.ReadToEndAsync();
        var output = promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();
        Assert.AreEqual(0, promtool.ExitCode, $"{output}{errors.GetAwaiter().GetResult()}");
    }

    [TestMethod, TestCategory("Unit")]
    public void Operator_rules_equal_the_alert_file()
    {
        var plain = File.ReadAllText(Path.Combine(Monitoring, "rules.yaml"));
        var ofOperator = File.ReadAllText(Path.Combine(Repository.Root, "manifests/overlays/prometheus-operator/rules.yaml"));
        Assert.AreEqual(
            plain[plain.IndexOf("groups:", StringComparison.Ordinal)..],
            string.Join('\n', ofOperator[ofOperator.IndexOf("  groups:", StringComparison.Ordinal)..].Split('\n').Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line)));
    }
}
