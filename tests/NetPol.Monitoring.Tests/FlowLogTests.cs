using System.Text.Json;
using NetPol.Testing.Infrastructure;

namespace NetPol.Monitoring.Tests;

/// <summary>What the real agent records of connections, in a file.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class FlowLogTests
{
    private const string LoggedGuard = """

        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: guard, annotations: { netpol.io/log: denied } }
        spec:
          tier: Admin
          priority: 1
          subject: { namespaces: {} }
          ingress: [ { name: no-telnet, action: Deny, from: [ { namespaces: {} } ], protocols: [ { udp: { destinationPort: { number: 23 } } } ] } ]
        """;

    private const string ByGuard = """ingress deny 10.80.0.1 10.80.0.2:23 UDP Admin {"kind":"ClusterNetworkPolicy","name":"guard","rule":0,"ruleName":"no-telnet"}""";
    private const string ByIsolation = """ingress deny 10.80.0.1 10.80.0.2:5001 UDP NetworkPolicy [{"kind":"NetworkPolicy","namespace":"shop","name":"db"}]""";

    private readonly string _file = Path.GetTempFileName();

    [TestCleanup]
    public void Clean() => File.Delete(_file);

    [TestMethod]
    public Task Denials_are_recorded_when_configured() =>
        RecordedAsync(TestPolicies.OnePort + TestPolicies.Guard, ["--flow-logs", "denied"], ByGuard, ByIsolation);

    [TestMethod]
    public Task Only_annotated_objects_have_flow_records() =>
        RecordedAsync(TestPolicies.OnePort + LoggedGuard, [], ByGuard);

    private async Task RecordedAsync(string policies, string[] flags, params string[] wanted)
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(policies, null, [.. flags, "--flow-log-output", _file]);
        // The agent reads the log from some moment on.
        var received = await TaskTimeouts.PollAsync<string>(
            "records",
            async () =>
            {
                node.Send(1, 5000);
                node.Send(2, 5001);
                node.Send(3, 23);
                return Lines(await File.ReadAllLinesAsync(_file));
            },
            lines => lines.Split('\n').Length >= wanted.Length && lines.Length > 0);
        Assert.AreEqual(string.Join('\n', wanted.Order(StringComparer.Ordinal)), received);
        var metrics = await node.Http.GetStringAsync($"http://127.0.0.1:{MonitoredNode.MetricsPort}/metrics");
        Assert.Contains("netpol_flow_records_total", metrics);
        Assert.Contains("netpol_flow_packets_total", metrics);
    }

    /// <summary>What the records say, each sort once, in order.</summary>
    private static string Lines(IEnumerable<string> json) => string.Join('\n', json.Select(Describe).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static string Describe(string line)
    {
        using var parsed = JsonDocument.Parse(line);
        var record = parsed.RootElement;
        var decider = record.TryGetProperty("policy", out var policy) ? policy : record.GetProperty("isolatedBy");
        var (source, destination) = (record.GetProperty("source"), record.GetProperty("destination"));
        return $"{record.GetProperty("direction")} {record.GetProperty("verdict")} {source.GetProperty("address")} {destination.GetProperty("address")}:{destination.GetProperty("port")} {record.GetProperty("protocol")} {record.GetProperty("tier")} {decider.GetRawText()}";
    }
}
