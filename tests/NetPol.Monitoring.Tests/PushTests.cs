namespace NetPol.Monitoring.Tests;

[TestClass]
public sealed class PushTests
{
    private const string Allowed = "netpol.verdict.connections{direction=ingress policy=db policy_kind=NetworkPolicy policy_namespace=shop tier=NetworkPolicy verdict=allow}";

    private const string Denied =
        "netpol-agent n1 destination.address=10.80.0.2 k8s.node.name=n1 netpol.direction=ingress netpol.tier=NetworkPolicy netpol.verdict=deny network.transport=udp source.address=10.80.0.1";

    [TestMethod]
    [DataRow(true, DisplayName = "by the standard variables")]
    [DataRow(false, DisplayName = "by a flag")]
    public async Task A_collector_is_told_what_was_counted(bool byVariable)
    {
        await using var node = await MonitoredNode.StartAsync();
        await using var collector = await OtlpReceiver.StartAsync(node.OpenSocket());
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        };
        if (byVariable)
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString();
        string[] flags = byVariable ? [] : ["--otlp-endpoint", collector.Address.ToString()];
        await node.StartAgentAsync(Policies.TwoPorts, variables, ["--metrics-level", "policy", .. flags]);
        node.Send(11, 5000);
        node.Send(2, 5001);
        await Patience.UntilAsync(
            "13 connections at the collector", () => Task.FromResult<string?>(string.Join('\n', collector.Sums)),
            _ => collector.Sums.GetValueOrDefault($"netpol-agent n1 {Allowed}") == 13);
    }

    [TestMethod]
    [DataRow(true, DisplayName = "by the standard variables")]
    [DataRow(false, DisplayName = "by a flag")]
    public async Task A_collector_is_told_flow_records(bool byVariable)
    {
        await using var node = await MonitoredNode.StartAsync();
        await using var collector = await OtlpReceiver.StartAsync(node.OpenSocket());
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" };
        if (byVariable)
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString();
        string[] flags = byVariable ? [] : ["--otlp-endpoint", collector.Address.ToString()];
        await node.StartAgentAsync(Policies.OnePort, variables, ["--flow-logs", "denied", "--flow-log-output", "otlp", .. flags]);
        await Patience.UntilAsync(
            "a record at the collector",
            () =>
            {
                node.Send(2, 5001);
                return Task.FromResult<string?>(string.Join('\n', collector.Records));
            },
            _ => collector.Records.Contains(Denied, StringComparer.Ordinal));
    }
}
