namespace NetPol.Monitoring.Tests;

/// <summary>What Prometheus says is what was sent, to the connection.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class VerdictMetricsTests
{
    private const string Verdicts = "sum by (direction, verdict, tier, policy_kind, policy_namespace, policy, rule, rule_name) (netpol_policy_verdicts_total) > 0";

    [TestMethod]
    public async Task Counters_survive_policy_changes_and_restarts()
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.OnePort + TestPolicies.Guard);
        await using var prometheus = new PrometheusServer(node);

        node.Send(40, 5000);
        node.Send(30, 5001);
        node.Send(5, 23);
        await prometheus.UntilAsync(Verdicts, Rule("allow", 0, 40), Isolation(30), NoTelnet(5));

        await node.ApplyAsync(TestPolicies.TwoPorts + TestPolicies.Guard);
        node.Send(20, 5001);
        node.Send(7, 5002);
        await prometheus.UntilAsync(Verdicts, Rule("allow", 0, 40), Rule("allow", 1, 20), Isolation(37), NoTelnet(5));

        await node.ApplyAsync("");
        node.Send(100, 5000);
        await node.FoldedAsync();
        await node.ApplyAsync(TestPolicies.OnePort + TestPolicies.Guard);
        node.Send(2, 5000);
        await prometheus.UntilAsync(Verdicts, Rule("allow", 0, 42), Isolation(37), NoTelnet(5));

        await node.KillAgentAsync();
        node.Send(3, 5000);
        await node.StartAgentAsync(TestPolicies.TwoPorts + TestPolicies.Guard);
        node.Send(4, 5001);
        node.Send(6, 23);
        await prometheus.UntilAsync(Verdicts, Rule("allow", 0, 45), Rule("allow", 1, 24), Isolation(37), NoTelnet(11));

        await prometheus.UntilAsync("sum(resets(netpol_policy_verdicts_total[10m]))", ": 0");
        await prometheus.UntilAsync("sum(netpol_policy_verdict_bytes_total) / sum(netpol_policy_verdicts_total)", ": 29");
    }

    [TestMethod]
    [DataRow("policy", "direction=ingress policy=db policy_kind=NetworkPolicy policy_namespace=shop tier=NetworkPolicy verdict=allow: 3")]
    [DataRow("tier", "direction=ingress tier=NetworkPolicy verdict=allow: 3")]
    public async Task Labels_follow_the_level(string level, string sample)
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.TwoPorts, null, "--metrics-level", level);
        await using var prometheus = new PrometheusServer(node);
        node.Send(1, 5000);
        node.Send(2, 5001);
        await prometheus.UntilAsync(Verdicts, sample);
    }

    [TestMethod]
    public async Task Series_beyond_the_limit_are_summed()
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.TwoPorts, null, "--metrics-series", "1");
        await using var prometheus = new PrometheusServer(node);
        node.Send(1, 5000);
        node.Send(2, 5001);
        node.Send(4, 5002);
        await prometheus.UntilAsync("sum(netpol_policy_verdicts_total)", ": 7");
        await prometheus.UntilAsync("count(netpol_policy_verdicts_total)", ": 2");
        await prometheus.UntilAsync("count(netpol_policy_verdicts_total{otel_metric_overflow=\"true\"})", ": 1");
    }

    private static string Rule(string verdict, int rule, int connections) =>
        $"direction=ingress policy=db policy_kind=NetworkPolicy policy_namespace=shop rule={rule} tier=NetworkPolicy verdict={verdict}: {connections}";

    private static string Isolation(int connections) =>
        $"direction=ingress policy=db policy_kind=NetworkPolicy policy_namespace=shop rule=isolation tier=NetworkPolicy verdict=deny: {connections}";

    private static string NoTelnet(int connections) =>
        $"direction=ingress policy=guard policy_kind=ClusterNetworkPolicy rule=0 rule_name=no-telnet tier=Admin verdict=deny: {connections}";
}
