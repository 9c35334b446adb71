using System.Net;
using Grpc.Core;
using NetPol.Testing.ApiServer;

namespace NetPol.Fuzz.Tests;

/// <summary>The attacks on the controller that need no token, as real requests against the real executable in 256 MB. An agent is served through all of them.</summary>
[TestClass]
public sealed class UnauthenticatedAttackTests
{
    private const int Unauthenticated = (int)StatusCode.Unauthenticated, Unimplemented = (int)StatusCode.Unimplemented;
    private static readonly TimeSpan QuickAnswer = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromMilliseconds(50);

    [TestMethod]
    public async Task Compressed_bombs_are_refused_at_no_cost()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        using var agent = await ConnectedAgent.FollowAsync(controller);
        var body = UnauthenticatedClient.EmptyRecords(4 << 20, isZipped: true);
        Assert.AreEqual(4105, body.Length, 100);
        using (var one = new UnauthenticatedClient(controller.Port))
            Assert.AreEqual(Unimplemented, await one.CallAsync(body, encoding: "gzip"));
        for (var round = 0; round < 4; round++)
        {
            var unauthenticatedClients = Enumerable.Range(0, 24).Select(_ => new UnauthenticatedClient(controller.Port)).ToList();
            var statuses = await Task.WhenAll(unauthenticatedClients.Select(s => s.CallAsync(body, encoding: "gzip")));
            unauthenticatedClients.ForEach(s => s.Dispose());
            // Some of the connections are too many; none of the calls is served.
            Assert.IsTrue(statuses.All(s => s is null or Unimplemented), string.Join(' ', statuses));
            await agent.AskAsync();
        }
        // Zipped though no header says so.
        using (var one = new UnauthenticatedClient(controller.Port, IPAddress.Parse("127.0.0.3")))
            Assert.AreEqual(Unauthenticated, await one.CallAsync(body));
        controller.Process.AssertLives();
    }

    [TestMethod]
    public async Task Large_requests_are_refused_unread()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        using var agent = await ConnectedAgent.FollowAsync(controller);
        var body = UnauthenticatedClient.EmptyRecords(3 << 20, isZipped: false);
        using var unauthenticatedClient = new UnauthenticatedClient(controller.Port);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => unauthenticatedClient.CallAsync(body)));
        Assert.IsTrue(statuses.All(s => s is null or Unauthenticated), string.Join(' ', statuses));
        using var end = new CancellationTokenSource();
        using var slow = new UnauthenticatedClient(controller.Port, IPAddress.Parse("127.0.0.3"));
        Assert.AreEqual(Unauthenticated, await slow.CallAsync(new AbsentBody(end.Token)), "a request whose body never comes is refused by its headers");
        await end.CancelAsync();
        await agent.AskAsync();
        controller.Process.AssertLives();
    }

    [TestMethod]
    public async Task Flood_of_forged_tokens_delays_no_agent()
    {
        await using var controller = await ControllerProcess.StartAsync(SlowAnswer);
        using var agent = await ConnectedAgent.FollowAsync(controller);
        using var end = new CancellationTokenSource();
        var made = 0;
        var flood = Enumerable.Range(0, 20).SelectMany(_ =>
        {
            var unauthenticatedClient = new UnauthenticatedClient(controller.Port);
            return Enumerable.Range(0, 100).Select(_ => FloodAsync(unauthenticatedClient));
        }).ToList();
        try
        {
            // The first unauthenticated clients are connected.
            while (controller.Cluster.Tokens.UnknownCount < 2)
            {
                controller.Process.AssertLives();
                await Task.Yield();
            }
            for (var question = 0; question < 5; question++)
            {
                await agent.AskAsync();
                using var another = await ConnectedAgent.FollowAsync(controller);
                await another.AskAsync();
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(flood);
        }
        controller.Process.AssertLives();
        Assert.IsLessThanOrEqualTo(2, controller.Cluster.Tokens.MaxConcurrentUnknown, "the API server is asked about two tokens of one strange address at a time");
        Assert.IsGreaterThan(100, Volatile.Read(ref made), "the flood was none");

        async Task FloodAsync(UnauthenticatedClient unauthenticatedClient)
        {
            while (!end.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref made);
                // Half of them are what anybody would make up; the others look like an agent's.
                await unauthenticatedClient.CallAsync([], number % 2 == 0 ? $"made-up-{number}" : TestToken.Make($"{number}"));
                await Task.Yield();
            }
        }
    }

    [TestMethod]
    public async Task Each_port_serves_only_what_it_is_for()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        foreach (var path in (string[])["/state", "/healthz", "/readyz", "/view", "/", UnauthenticatedClient.Flows, "/netpol.node.v1.NodeRules/Sync"])
        {
            Assert.AreEqual(HttpStatusCode.NotFound, (await controller.GetAsync(controller.MetricsPort, path)).Status, path);
            Assert.AreEqual(HttpStatusCode.NotFound, await PostAsync(controller.MetricsPort, path), path);
        }
        foreach (var path in (string[])["/view", "/", UnauthenticatedClient.Flows, "/netpol.node.v1.NodeRules/Sync"])
        {
            Assert.AreEqual(HttpStatusCode.NotFound, (await controller.GetAsync(controller.LocalPort, path)).Status, path);
            Assert.AreEqual(HttpStatusCode.NotFound, await PostAsync(controller.LocalPort, path), path);
        }
        var (status, text) = await controller.GetAsync(controller.MetricsPort, "/metrics");
        Assert.AreEqual(HttpStatusCode.OK, status);
        Assert.Contains("netpol_controller_access_connections", text);
        using var unauthenticatedClient = new UnauthenticatedClient(controller.Port);
        Assert.AreEqual(Unimplemented, await unauthenticatedClient.CallAsync([], path: "/metrics"));
    }

    private static async Task<HttpStatusCode> PostAsync(int port, string path)
    {
        using var http = new HttpClient();
        using var body = new ByteArrayContent([]);
        body.Headers.ContentType = new("application/grpc");
        using var answer = await http.PostAsync(new Uri($"http://127.0.0.1:{port}{path}"), body);
        return answer.StatusCode;
    }
}
