using Grpc.Core;
using k8s;
using k8s.Models;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol;
using NetPol.Protocol.State;
using NetPol.Protocol.Tallies;
using NetPol.Rendering;

namespace NetPol.Controller.Tests.Together;

/// <summary>What a node counted, on its way into the report of a controller.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class TallyTests : IDisposable
{
    private const string Space = "netpol-system";
    private static readonly PolicyId Closed = new(PolicyKind.NetworkPolicy, Space, "closed");
    private static readonly SharedHost Started = new(TestHost.StartAsync);
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    public void Dispose() => _patience.Dispose();

    [TestMethod]
    public async Task The_report_tells_what_audited_policies_would_have_denied_as_long_as_the_node_follows()
    {
        var host = await Started.Value;
        await AuditAsync(host, Closed.Name, new());
        await AuditAsync(host, "unmet", new() { MatchLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "none" } });
        await host.CreatePodAsync("judged", "n1");
        await host.AddressAsync("judged", "10.1.0.88");
        await using (var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities))
        {
            await node.StartAsync();
            await node.UntilAsync("it audits", () => AuditOf(node) is not null);
            await node.Tallies.TellAsync(_patience.Token);
            Assert.IsEmpty(Told(host)!.Audits, "nothing was counted");

            node.Nftables.Count(Renderer.TableName, Names.Decision(AuditOf(node)!.Id), 3, 120);
            node.State.Repaired();
            node.State.Cut(12);
            node.CounterTime.Advance(TimeSpan.FromSeconds(1));
            await node.Tallies.TellAsync(_patience.Token);
            Assert.AreEqual(new Tally([new(Closed, 3, 0)], 0, 1, 12), Told(host));
            var told = Told(host);
            await node.Tallies.TellAsync(_patience.Token);
            Assert.AreSame(told, Told(host), "what is known was told again");

            var report = await ReportAsync(host);
            Assert.AreEqual("closed n1 3 0; unmet", Text(report));
            Assert.AreEqual((1L, 12L), (report.Agents.Single().Repairs, report.Agents.Single().Cut));
        }
        await host.Log.UntilAsync("no node follows", () => host.Agents.States.Count == 0);
        Assert.AreEqual("closed; unmet", Text(await ReportAsync(host)));
    }

    [TestMethod]
    public async Task A_tally_is_taken_of_a_node_that_follows_and_only_whole()
    {
        var host = await Started.Value;
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        await host.CreatePodAsync("agent-2", "n2");
        var agent = await host.TokenAsync(pod: "agent-2");
        Assert.AreEqual(StatusCode.FailedPrecondition, await RefusedAsync(agent, new([], 0, 0, 0)));
        Assert.AreEqual(StatusCode.InvalidArgument, await RefusedAsync(agent, new([new(Closed, 1, 0), new(Closed, 2, 0)], 0, 0, 0)));
        Assert.AreEqual(
            StatusCode.InvalidArgument,
            await RefusedAsync(agent, new([.. Enumerable.Range(0, Tally.MostAudits + 1).Select(i => new AuditCount(Closed with { Name = $"p{i}" }, 1, 0))], 0, 0, 0)));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(await host.TokenAsync(account: "netpol-observer", pod: null), new([], 0, 0, 0)));
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync("garbage", new([], 0, 0, 0)));

        async Task<StatusCode> RefusedAsync(string token, Tally tally) =>
            (await Assert.ThrowsExactlyAsync<RpcException>(() => channel.TellAsync(token, tally, _patience.Token))).StatusCode;
    }

    private static Decision? AuditOf(TestNode node) => node.Rules?.Decisions.FirstOrDefault(d => d.Audit is not null);

    private static Tally? Told(TestHost host) => host.Agents.States.Single(s => string.Equals(s.Node, "n1", StringComparison.Ordinal)).Tally;

    private static string Text(ReplicaReport report) =>
        string.Join("; ", report.Audited.Select(a => string.Join(' ', a.Nodes.Select(n => $"{n.Node} {n.Denied} {n.Allowed}").Prepend(a.Name))));

    private static Task<V1NetworkPolicy> AuditAsync(TestHost host, string name, V1LabelSelector pods) => host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
        new()
        {
            Metadata = new() { Name = name, Annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["netpol.io/mode"] = "audit" } },
            Spec = new() { PodSelector = pods, PolicyTypes = ["Ingress"] },
        },
        Space);

    private async Task<ReplicaReport> ReportAsync(TestHost host)
    {
        await host.Status.LookAsync(_patience.Token);
        var map = await host.Client.CoreV1.ReadNamespacedConfigMapAsync(ReplicaReport.ConfigMapName, Space, cancellationToken: _patience.Token);
        return ReplicaReport.Read(map.Data[host.Options.Name])!;
    }
}
