using Grpc.Core;
using k8s;
using k8s.Models;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol;
using NetPol.Protocol.Stats;
using NetPol.Protocol.Status;
using NetPol.Rendering;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>What a node counted, on its way into the report of a controller.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class NodeStatsTests : IDisposable
{
    private const string Space = "netpol-system";
    private static readonly PolicyId Closed = new(PolicyKind.NetworkPolicy, Space, "closed");
    private static readonly SharedTestController Started = new(TestController.StartAsync);
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    public async Task The_report_counts_audit_denials_while_the_node_is_connected()
    {
        var host = await Started.Value;
        await AuditAsync(host, Closed.Name, new());
        await AuditAsync(host, "unmet", new() { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "none" } });
        await host.CreatePodAsync("audited", "n1");
        await host.AddressAsync("audited", "10.1.0.88");
        await using (var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities))
        {
            await node.StartAsync();
            await node.UntilAsync("it audits", () => AuditOf(node) is not null);
            await node.NodeStats.ReportAsync(_timeout.Token);
            Assert.IsEmpty(Reported(host)!.Audits, "nothing was counted");

            node.Nftables.AddToCounter(Renderer.TableName, ObjectNames.Decision(AuditOf(node)!.Id), 3, 120);
            node.State.CountResync();
            node.State.CountStaleConnections(12);
            node.CounterTime.Advance(TimeSpan.FromSeconds(1));
            await node.NodeStats.ReportAsync(_timeout.Token);
            Assert.AreEqual(new NodeStats([new(Closed, 3, 0)], 0, 1, 12), Reported(host));
            var reported = Reported(host);
            await node.NodeStats.ReportAsync(_timeout.Token);
            Assert.AreSame(reported, Reported(host), "a known state was reported again");

            var report = await ReportAsync(host);
            Assert.AreEqual("closed n1 3 0; unmet", Text(report));
            Assert.AreEqual((1L, 12L), (report.Agents.Single().Resyncs, report.Agents.Single().StaleConnectionsRemoved));
        }
        await host.Log.UntilAsync("no node follows", () => host.Agents.Agents.Count == 0);
        Assert.AreEqual("closed; unmet", Text(await ReportAsync(host)));
    }

    [TestMethod]
    public async Task A_node_stats_is_taken_of_a_node_that_follows_and_only_whole()
    {
        var host = await Started.Value;
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        await host.CreatePodAsync("agent-2", "n2");
        var agent = await host.TokenAsync(pod: "agent-2");
        Assert.AreEqual(StatusCode.FailedPrecondition, await RefusedAsync(agent, new([], 0, 0, 0)));
        Assert.AreEqual(StatusCode.InvalidArgument, await RefusedAsync(agent, new([new(Closed, 1, 0), new(Closed, 2, 0)], 0, 0, 0)));
        Assert.AreEqual(
            StatusCode.InvalidArgument,
            await RefusedAsync(agent, new([.. Enumerable.Range(0, NodeStats.MaxAudits + 1).Select(i => new AuditCount(Closed with { Name = $"p{i}" }, 1, 0))], 0, 0, 0)));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(await host.TokenAsync(account: "netpol-observer", pod: null), new([], 0, 0, 0)));
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync("garbage", new([], 0, 0, 0)));

        async Task<StatusCode> RefusedAsync(string token, NodeStats nodeStats) =>
            (await Assert.ThrowsExactlyAsync<RpcException>(() => channel.ReportStatsAsync(token, nodeStats, _timeout.Token))).StatusCode;
    }

    private static Decision? AuditOf(TestAgent node) => node.Rules?.Decisions.FirstOrDefault(d => d.Audit is not null);

    private static NodeStats? Reported(TestController host) => host.Agents.Agents.Single(s => string.Equals(s.Node, "n1", StringComparison.Ordinal)).Stats;

    private static string Text(ReplicaReport report) =>
        string.Join("; ", report.Audited.Select(a => string.Join(' ', a.Nodes.Select(n => $"{n.Node} {n.Denied} {n.Allowed}").Prepend(a.Name))));

    private static Task<V1NetworkPolicy> AuditAsync(TestController host, string name, V1LabelSelector pods) => host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
        new()
        {
            Metadata = new() { Name = name, Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["netpol.io/mode"] = "audit" } },
            Spec = new() { PodSelector = pods, PolicyTypes = ["Ingress"] },
        },
        Space);

    private async Task<ReplicaReport> ReportAsync(TestController host)
    {
        await host.Status.WriteStatusAsync(_timeout.Token);
        var map = await host.Client.CoreV1.ReadNamespacedConfigMapAsync(ReplicaReport.ConfigMapName, Space, cancellationToken: _timeout.Token);
        return ReplicaReport.Read(map.Data[host.Options.Name])!;
    }
}
