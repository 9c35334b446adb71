using System.Net;
using Grpc.Core;

namespace NetPol.Fuzz.Tests;

/// <summary>The attacks on the controller that need no token, as real requests against the real executable in 256 MB. An agent is served through all of them.</summary>
[TestClass]
public sealed class StrangerAttackTests
{
    private const int Unauthenticated = (int)StatusCode.Unauthenticated, Unimplemented = (int)StatusCode.Unimplemented;
    private static readonly TimeSpan QuickAnswer = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SlowAnswer = TimeSpan.FromMilliseconds(50);

    [TestMethod]
    public async Task Requests_of_4_kB_that_unzip_to_two_million_records_cost_nothing()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        using var agent = await ServedAgent.FollowAsync(controller);
        var body = Stranger.EmptyRecords(4 << 20, isZipped: true);
        Assert.AreEqual(4105, body.Length, 100);
        using (var one = new Stranger(controller.Port))
            Assert.AreEqual(Unimplemented, await one.CallAsync(body, encoding: "gzip"));
        for (var round = 0; round < 4; round++)
        {
            var strangers = Enumerable.Range(0, 24).Select(_ => new Stranger(controller.Port)).ToList();
            var statuses = await Task.WhenAll(strangers.Select(s => s.CallAsync(body, encoding: "gzip")));
            strangers.ForEach(s => s.Dispose());
            // Some of the connections are too many; none of the calls is served.
            Assert.IsTrue(statuses.All(s => s is null or Unimplemented), string.Join(' ', statuses));
            await agent.AskAsync();
        }
        // Zipped though no header says so.
        using (var one = new Stranger(controller.Port, IPAddress.Parse("127.0.0.3")))
            Assert.AreEqual(Unauthenticated, await one.CallAsync(body));
        controller.AssertLives();
    }

    [TestMethod]
    public async Task Large_requests_are_refused_before_their_bodies_are_read()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        using var agent = await ServedAgent.FollowAsync(controller);
        var body = Stranger.EmptyRecords(3 << 20, isZipped: false);
        using var stranger = new Stranger(controller.Port);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => stranger.CallAsync(body)));
        Assert.IsTrue(statuses.All(s => s is null or Unauthenticated), string.Join(' ', statuses));
        using var end = new CancellationTokenSource();
        using var slow = new Stranger(controller.Port, IPAddress.Parse("127.0.0.3"));
        Assert.AreEqual(Unauthenticated, await slow.CallAsync(new AbsentBody(end.Token)), "a request whose body never comes is refused by its headers");
        await end.CancelAsync();
        await agent.AskAsync();
        controller.AssertLives();
    }

    [TestMethod]
    public async Task A_flood_of_made_up_tokens_keeps_no_agent_waiting()
    {
        await using var controller = await ControllerProcess.StartAsync(SlowAnswer);
        using var agent = await ServedAgent.FollowAsync(controller);
        using var end = new CancellationTokenSource();
        var made = 0;
        var flood = Enumerable.Range(0, 20).SelectMany(_ =>
        {
            var stranger = new Stranger(controller.Port);
            return Enumerable.Range(0, 100).Select(_ => FloodAsync(stranger));
        }).ToList();
        try
        {
            // The first strangers are there.
            while (controller.Cluster.StrangerReviews < 2)
            {
                controller.AssertLives();
                await Task.Yield();
            }
            for (var question = 0; question < 5; question++)
            {
                await agent.AskAsync();
                using var another = await ServedAgent.FollowAsync(controller);
                await another.AskAsync();
            }
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(flood);
        }
        controller.AssertLives();
        Assert.IsLessThanOrEqualTo(2, controller.Cluster.MostStrangersTogether, "the API server is asked about two tokens of one strange address at a time");
        Assert.IsGreaterThan(100, Volatile.Read(ref made), "the flood was none");

        async Task FloodAsync(Stranger stranger)
        {
            while (!end.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref made);
                // Half of them are what anybody would make up; the others look like an agent's.
                await stranger.CallAsync([], number % 2 == 0 ? $"made-up-{number}" : Tokens.Make($"{number}"));
                await Task.Yield();
            }
        }
    }

    [TestMethod]
    public async Task Each_port_serves_only_what_it_is_for()
    {
        await using var controller = await ControllerProcess.StartAsync(QuickAnswer);
        foreach (var path in (string[])["/state", "/healthz", "/readyz", "/view", "/", Stranger.Flows, "/netpol.node.v1.NodeRules/Follow"])
        {
            Assert.AreEqual(HttpStatusCode.NotFound, (await controller.GetAsync(controller.MetricsPort, path)).Status, path);
            Assert.AreEqual(HttpStatusCode.NotFound, await PostAsync(controller.MetricsPort, path), path);
        }
        foreach (var path in (string[])["/view", "/", Stranger.Flows, "/netpol.node.v1.NodeRules/Follow"])
        {
            Assert.AreEqual(HttpStatusCode.NotFound, (await controller.GetAsync(controller.LocalPort, path)).Status, path);
            Assert.AreEqual(HttpStatusCode.NotFound, await PostAsync(controller.LocalPort, path), path);
        }
        var (status, text) = await controller.GetAsync(controller.MetricsPort, "/metrics");
        Assert.AreEqual(HttpStatusCode.OK, status);
        Assert.Contains("netpol_controller_access_connections", text);
        using var stranger = new Stranger(controller.Port);
        Assert.AreEqual(Unimplemented, await stranger.CallAsync([], path: "/metrics"));
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
