using NetPol.Testing.Infrastructure;

namespace NetPol.Monitoring.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class OtlpPushTests
{
    private const string Allowed = "netpol.policy.verdicts{direction=ingress policy=db policy_kind=NetworkPolicy policy_namespace=shop tier=NetworkPolicy verdict=allow}";

    private const string Denied =
        "netpol-agent n1 destination.address=10.80.0.2 k8s.node.name=n1 netpol.direction=ingress netpol.tier=NetworkPolicy netpol.verdict=deny network.transport=udp source.address=10.80.0.1";

    [TestMethod]
    [DataRow(true, "http/protobuf", DisplayName = "by the standard variables")]
    [DataRow(false, "http/protobuf", DisplayName = "by a flag")]
    [DataRow(false, "grpc", DisplayName = "over gRPC")]
    public async Task Collector_receives_metrics(bool byVariable, string protocol)
    {
        await using var node = await MonitoredNode.StartAsync();
        await using var collector = await OtlpReceiver.StartAsync(node.OpenSocket(), protocol);
        await node.StartAgentAsync(TestPolicies.TwoPorts, Variables(collector, byVariable, protocol), ["--metrics-level", "policy", .. Flags(collector, byVariable)]);
        node.Send(11, 5000);
        node.Send(2, 5001);
        await TaskTimeouts.PollAsync(
            "13 connections at the collector", () => Task.FromResult<string?>(string.Join('\n', collector.Sums)),
            _ => collector.Sums.GetValueOrDefault($"netpol-agent n1 {Allowed}") == 13);
    }

    [TestMethod]
    [DataRow(true, "http/protobuf", DisplayName = "by the standard variables")]
    [DataRow(false, "http/protobuf", DisplayName = "by a flag")]
    [DataRow(false, "grpc", DisplayName = "over gRPC")]
    public async Task Collector_receives_flow_records(bool byVariable, string protocol)
    {
        await using var node = await MonitoredNode.StartAsync();
        await using var collector = await OtlpReceiver.StartAsync(node.OpenSocket(), protocol);
        await node.StartAgentAsync(TestPolicies.OnePort, Variables(collector, byVariable, protocol), ["--flow-logs", "denied", "--flow-log-output", "otlp", .. Flags(collector, byVariable)]);
        await TaskTimeouts.PollAsync(
            "a record at the collector",
            () =>
            {
                node.Send(2, 5001);
                return Task.FromResult<string?>(string.Join('\n', collector.Records));
            },
            _ => collector.Records.Contains(Denied, StringComparer.Ordinal));
    }

    private static string[] Flags(OtlpReceiver collector, bool byVariable) => byVariable ? [] : ["--otlp-endpoint", collector.Address.ToString()];

    private static Dictionary<string, string> Variables(OtlpReceiver collector, bool byVariable, string protocol)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol, ["OTEL_METRIC_EXPORT_INTERVAL"] = "500" };
        if (byVariable)
            variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString();
        return variables;
    }
}
