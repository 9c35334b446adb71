using System.Net.Sockets;
using Grpc.Core;
using k8s;
using k8s.Models;
using NetPol.Controller.Trust;
using NetPol.Model;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Protocol.Inspections;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Testing;

namespace NetPol.Controller.Tests.Together;

/// <summary>The whole controller on a real API server: whom it tells a node's rules, and whom not.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class TrustTests
{
    private const string Space = "netpol-system";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly SharedHost Started = new(TestHost.StartAsync);

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    [TestMethod]
    public async Task An_agent_gets_the_rules_of_its_node_and_what_changes_in_them()
    {
        var host = await Started.Value;
        await using var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        Assert.AreEqual(host.Book.Find("n1")!.Current.Rules, node.Rules);
        var known = node.Rules!.PodNetworks.Count;
        await host.Client.CoreV1.PatchNodeAsync(new V1Patch("""{"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]}}""", V1Patch.PatchType.MergePatch), "n1");
        await node.UntilAsync("the node's network came", () => node.Rules!.PodNetworks.Count > known);
        node.AssertHolds(host.Book.Find("n1")!.Current.Rules);
        Assert.AreEqual("n1", Assert.ContainsSingle(host.Agents.States).Node);
    }

    [TestMethod]
    public async Task Alerts_and_dashboard_ask_for_what_the_controller_exports()
    {
        var host = await Started.Value;
        await using var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        using var http = new HttpClient();
        Assert.AreEqual("", MonitoringManifests.Missing(await http.GetStringAsync($"http://127.0.0.1:{host.Options.LocalPort}/metrics"), "netpol_controller_"));
    }

    [TestMethod]
    public async Task An_agent_that_claims_another_node_is_refused_each_time_and_that_is_logged_once()
    {
        var host = await Started.Value;
        var token = await host.TokenAsync();
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(host, token, "n2"));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(host, token, "n2"));
        Assert.ContainsSingle(host.Log.Lines.Where(l => l.Contains("n2", StringComparison.Ordinal) && l.StartsWith("Warning", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task A_text_that_is_no_token_is_refused() =>
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(await Started.Value, "garbage", "n1"));

    [TestMethod]
    public async Task A_token_for_somebody_else_to_read_is_refused()
    {
        var host = await Started.Value;
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(host, await host.TokenAsync(audience: "vault"), "n1"));
    }

    [TestMethod]
    public async Task A_token_of_another_service_account_is_refused()
    {
        var host = await Started.Value;
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(host, await host.TokenAsync(account: "somebody", pod: null), "n1"));
    }

    [TestMethod]
    public async Task A_token_that_is_bound_to_no_pod_is_refused()
    {
        var host = await Started.Value;
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(host, await host.TokenAsync(pod: null), "n1"));
    }

    [TestMethod]
    public async Task A_token_ends_with_its_pod()
    {
        var host = await Started.Value;
        await host.CreatePodAsync("passing", "n1");
        var token = await host.TokenAsync(pod: "passing");
        await host.Client.CoreV1.DeleteNamespacedPodAsync("passing", Space, gracePeriodSeconds: 0);
        var status = await RefusedAsync(host, token, "n1");
        Assert.IsTrue(status is StatusCode.Unauthenticated or StatusCode.PermissionDenied, $"{status}");
    }

    [TestMethod]
    public async Task A_stream_that_has_begun_ends_with_its_pod_too()
    {
        var host = await Started.Value;
        await host.CreatePodAsync("shortlived", "n1");
        using var patience = new CancellationTokenSource(Patience);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Follow(await host.TokenAsync(pod: "shortlived"), patience.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = "n1", Agent = "test" } }, patience.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(patience.Token));
        await host.Client.CoreV1.DeleteNamespacedPodAsync("shortlived", Space, gracePeriodSeconds: 0, cancellationToken: patience.Token);
        host.ProofTime.Advance(ConnectionCallers.Belief);
        var status = (await Assert.ThrowsExactlyAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(patience.Token))
                Assert.IsNotNull(call.ResponseStream.Current);
        })).StatusCode;
        Assert.IsTrue(status is StatusCode.Unauthenticated or StatusCode.PermissionDenied, $"{status}");
        await host.Log.UntilAsync("it does not follow", () => host.Agents.States.Count == 0);
    }

    [TestMethod]
    public async Task An_observer_reads_any_node_and_enforces_none()
    {
        var host = await Started.Value;
        var token = await host.TokenAsync(account: "netpol-observer", pod: null);
        using var patience = new CancellationTokenSource(Patience);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Follow(token, patience.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = "n2", Agent = "test" } }, patience.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(patience.Token));
        Assert.DoesNotContain(s => s.Node == "n2", host.Agents.States);
        Assert.AreEqual(StatusCode.NotFound, await RefusedAsync(host, token, "nowhere"));
    }

    [TestMethod]
    public async Task Garbage_ends_the_stream_that_it_came_on_and_no_other()
    {
        var host = await Started.Value;
        await using var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities);
        var begun = DateTimeOffset.UtcNow;
        await node.StartAsync();
        Assert.IsTrue(SpinWait.SpinUntil(() => host.Agents.States is [{ Enforced: not null } s] && s.ConnectedAt >= begun, Patience), "no agent enforces");
        var before = Assert.ContainsSingle(host.Agents.States);

        using (var raw = new TcpClient("127.0.0.1", host.Port))
        {
            var noise = new byte[4096];
            new Random(5).NextBytes(noise);
            await raw.GetStream().WriteAsync(noise);
            Assert.AreEqual(0, await ReadToEndAsync(raw.GetStream()));
        }
        var token = await host.TokenAsync(account: "netpol-observer", pod: null);
        Report hello = new() { Hello = new() { Node = "n1", Agent = "test" } };
        Report ack = new() { Ack = new() { Generation = 1, Result = Ack.Types.Result.Applied } };
        foreach (var reports in (Report[][])[[new()], [ack], [hello, hello], [hello, new()], [hello, ack, ack], [hello, new() { Ack = new() { Generation = 1 } }]])
            Assert.AreEqual(StatusCode.InvalidArgument, await EndAsync(host, token, reports), string.Join(' ', reports.AsEnumerable()));
        Assert.AreEqual(StatusCode.NotFound, await EndAsync(host, token, [new() { Hello = new() { Node = new string('n', 1 << 15) } }]));

        Assert.AreEqual(before, Assert.ContainsSingle(host.Agents.States));
    }

    /// <summary>Follows, says all that, and waits how the controller ends it.</summary>
    private static async Task<StatusCode> EndAsync(TestHost host, string token, Report[] reports)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Follow(token, patience.Token);
        foreach (var report in reports)
            await call.RequestStream.WriteAsync(report, patience.Token);
        return (await Assert.ThrowsExactlyAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(patience.Token))
                Assert.IsNotNull(call.ResponseStream.Current);
        })).StatusCode;
    }

    /// <returns>How many bytes came before the other side closed.</returns>
    private static async Task<int> ReadToEndAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(Patience);
        var read = 0;
        try
        {
            while (await stream.ReadAsync(new byte[4096], patience.Token) is > 0 and var some)
                read += some;
        }
        catch (IOException)
        {
            // Closed without a word.
        }
        return read;
    }

    [TestMethod]
    public async Task An_observer_asks_a_node_what_becomes_of_a_connection_and_an_agent_cannot()
    {
        var host = await Started.Value;
        using var patience = new CancellationTokenSource(Patience);
        await using var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        await node.Inspections.NextAsync(patience.Token);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        var observer = await host.TokenAsync(account: "netpol-observer", pod: null);
        var question = WireInspections.Write("n1", new(IpAddress.Parse("203.0.113.7"), IpAddress.Parse("203.0.113.8"), Model.Protocol.Tcp, 80), toNode: false);

        var answer = await channel.AskAsync(observer, question, patience.Token);
        Assert.IsTrue(answer.Passes);
        Assert.IsEmpty(answer.Counts);

        node.Nftables.Commit(new(Renderer.TableName, [new Operation.FlushChain("forward"), new Operation.AddRule("forward", new(new Statement.Decide(PacketVerdict.Drop)))]));
        answer = await channel.AskAsync(observer, question, patience.Token);
        Assert.IsFalse(answer.Passes, "what is programmed counts, not what should be");
        Assert.AreEqual("forward: drop", Assert.ContainsSingle(answer.Steps));

        var impossible = question.Clone();
        impossible.Source = Google.Protobuf.ByteString.CopyFrom(1, 2, 3);
        Assert.Contains("3 bytes", (await Assert.ThrowsExactlyAsync<ProtocolException>(() => channel.AskAsync(observer, impossible, patience.Token))).Message);
        Assert.AreEqual(StatusCode.NotFound, await StatusAsync(channel.AskAsync(observer, WireInspections.Write("n2", WireInspections.Read(question), toNode: false), patience.Token)));
        Assert.AreEqual(StatusCode.PermissionDenied, await StatusAsync(channel.AskAsync(await host.TokenAsync(), question, patience.Token)));
        Assert.AreEqual(StatusCode.Unauthenticated, await StatusAsync(channel.AskAsync("garbage", question, patience.Token)));
    }

    private static async Task<StatusCode> StatusAsync(Task call) => (await Assert.ThrowsExactlyAsync<RpcException>(() => call)).StatusCode;

    private static async Task<StatusCode> RefusedAsync(TestHost host, string token, string node)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Follow(token, patience.Token);
        try
        {
            await call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, Agent = "test" } }, patience.Token);
        }
        catch (RpcException)
        {
            // It may be refused before the Hello is written: the answer is the one that counts.
        }
        return (await Assert.ThrowsExactlyAsync<RpcException>(() => call.ResponseStream.MoveNext(patience.Token))).StatusCode;
    }
}
