using System.Net.Sockets;
using Grpc.Core;
using k8s;
using k8s.Models;
using NetPol.Controller.Security;
using NetPol.Model.Net;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Inspections;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>The whole controller on a real API server: which callers get a node's rules.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class AuthenticationTests
{
    private const string Space = "netpol-system";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly SharedTestController Started = new(TestController.StartAsync);

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    [TestMethod]
    public async Task An_agent_gets_the_rules_of_its_node_and_what_changes_in_them()
    {
        var host = await Started.Value;
        await using var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        Assert.AreEqual(host.Store.Find("n1")!.Current.Rules, node.Rules);
        var known = node.Rules!.PodCidrs.Count;
        await host.Client.CoreV1.PatchNodeAsync(new V1Patch("""{"spec":{"podCIDR":"10.1.0.0/24","podCIDRs":["10.1.0.0/24"]}}""", V1Patch.PatchType.MergePatch), "n1");
        await node.UntilAsync("the node's network came", () => node.Rules!.PodCidrs.Count > known);
        node.AssertHolds(host.Store.Find("n1")!.Current.Rules);
        Assert.AreEqual("n1", Assert.ContainsSingle(host.Agents.Agents).Node);
    }

    [TestMethod]
    public async Task Alerts_and_dashboard_ask_for_what_the_controller_exports()
    {
        var host = await Started.Value;
        await using var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities);
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
        using var timeout = new CancellationTokenSource(Timeout);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Sync(await host.TokenAsync(pod: "shortlived"), timeout.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = "n1", Agent = "test" } }, timeout.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(timeout.Token));
        await host.Client.CoreV1.DeleteNamespacedPodAsync("shortlived", Space, gracePeriodSeconds: 0, cancellationToken: timeout.Token);
        host.ProofTime.Advance(ConnectionCallers.ReviewInterval);
        var status = (await Assert.ThrowsExactlyAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(timeout.Token))
                Assert.IsNotNull(call.ResponseStream.Current);
        })).StatusCode;
        Assert.IsTrue(status is StatusCode.Unauthenticated or StatusCode.PermissionDenied, $"{status}");
        await host.Log.UntilAsync("it does not follow", () => host.Agents.Agents.Count == 0);
    }

    [TestMethod]
    public async Task An_observer_reads_any_node_and_enforces_none()
    {
        var host = await Started.Value;
        var token = await host.TokenAsync(account: "netpol-observer", pod: null);
        using var timeout = new CancellationTokenSource(Timeout);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Sync(token, timeout.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = "n2", Agent = "test" } }, timeout.Token);
        Assert.IsTrue(await call.ResponseStream.MoveNext(timeout.Token));
        Assert.DoesNotContain(s => s.Node == "n2", host.Agents.Agents);
        Assert.AreEqual(StatusCode.NotFound, await RefusedAsync(host, token, "nowhere"));
    }

    [TestMethod]
    public async Task Garbage_ends_the_stream_that_it_came_on_and_no_other()
    {
        var host = await Started.Value;
        await using var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities);
        var begun = DateTimeOffset.UtcNow;
        await node.StartAsync();
        Assert.IsTrue(SpinWait.SpinUntil(() => host.Agents.Agents is [{ ProgrammedVersion: not null } s] && s.ConnectedAt >= begun, Timeout), "no agent enforces");
        var before = Assert.ContainsSingle(host.Agents.Agents);

        using (var raw = new TcpClient("127.0.0.1", host.Port))
        {
            var noise = new byte[4096];
            new Random(5).NextBytes(noise);
            await raw.GetStream().WriteAsync(noise);
            Assert.AreEqual(0, await ReadToEndAsync(raw.GetStream()));
        }
        var token = await host.TokenAsync(account: "netpol-observer", pod: null);
        AgentMessage hello = new() { Hello = new() { Node = "n1", Agent = "test" } };
        AgentMessage ack = new() { Ack = new() { Generation = 1, Result = Ack.Types.Result.Applied } };
        foreach (var reports in (AgentMessage[][])[[new()], [ack], [hello, hello], [hello, new()], [hello, ack, ack], [hello, new() { Ack = new() { Generation = 1 } }]])
            Assert.AreEqual(StatusCode.InvalidArgument, await EndAsync(host, token, reports), string.Join(' ', reports.AsEnumerable()));
        Assert.AreEqual(StatusCode.NotFound, await EndAsync(host, token, [new() { Hello = new() { Node = new string('n', 1 << 15) } }]));

        Assert.AreEqual(before, Assert.ContainsSingle(host.Agents.Agents));
    }

    /// <summary>Follows, says all that, and waits how the controller ends it.</summary>
    private static async Task<StatusCode> EndAsync(TestController host, string token, AgentMessage[] reports)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Sync(token, timeout.Token);
        foreach (var report in reports)
            await call.RequestStream.WriteAsync(report, timeout.Token);
        return (await Assert.ThrowsExactlyAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(timeout.Token))
                Assert.IsNotNull(call.ResponseStream.Current);
        })).StatusCode;
    }

    /// <returns>How many bytes came before the other side closed.</returns>
    private static async Task<int> ReadToEndAsync(NetworkStream stream)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var read = 0;
        try
        {
            while (await stream.ReadAsync(new byte[4096], timeout.Token) is > 0 and var some)
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
        using var timeout = new CancellationTokenSource(Timeout);
        await using var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        await node.Inspections.NextAsync(timeout.Token);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        var observer = await host.TokenAsync(account: "netpol-observer", pod: null);
        var question = InspectionConversion.Write("n1", new(IpAddress.Parse("203.0.113.7"), IpAddress.Parse("203.0.113.8"), NetPol.Model.Net.Protocol.Tcp, 80), toNode: false);

        var answer = await channel.AskAsync(observer, question, timeout.Token);
        Assert.IsTrue(answer.Passes);
        Assert.IsEmpty(answer.Counts);

        node.Nftables.Commit(new(Renderer.TableName, [new Operation.FlushChain("forward"), new Operation.AddRule("forward", new(new Statement.Verdict(PacketVerdict.Drop)))]));
        answer = await channel.AskAsync(observer, question, timeout.Token);
        Assert.IsFalse(answer.Passes, "what is programmed counts, not what should be");
        Assert.AreEqual("forward: drop", Assert.ContainsSingle(answer.Steps));

        var impossible = question.Clone();
        impossible.Source = Google.Protobuf.ByteString.CopyFrom(1, 2, 3);
        Assert.Contains("3 bytes", (await Assert.ThrowsExactlyAsync<ProtocolException>(() => channel.AskAsync(observer, impossible, timeout.Token))).Message);
        Assert.AreEqual(StatusCode.NotFound, await StatusAsync(channel.AskAsync(observer, InspectionConversion.Write("n2", InspectionConversion.Read(question), toNode: false), timeout.Token)));
        Assert.AreEqual(StatusCode.PermissionDenied, await StatusAsync(channel.AskAsync(await host.TokenAsync(), question, timeout.Token)));
        Assert.AreEqual(StatusCode.Unauthenticated, await StatusAsync(channel.AskAsync("garbage", question, timeout.Token)));
    }

    private static async Task<StatusCode> StatusAsync(Task call) => (await Assert.ThrowsExactlyAsync<RpcException>(() => call)).StatusCode;

    private static async Task<StatusCode> RefusedAsync(TestController host, string token, string node)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        using var channel = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);
        using var call = channel.Sync(token, timeout.Token);
        try
        {
            await call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, Agent = "test" } }, timeout.Token);
        }
        catch (RpcException)
        {
            // It may be refused before the Hello is written: the answer is the one that counts.
        }
        return (await Assert.ThrowsExactlyAsync<RpcException>(() => call.ResponseStream.MoveNext(timeout.Token))).StatusCode;
    }
}
