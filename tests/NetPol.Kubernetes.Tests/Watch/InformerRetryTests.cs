using System.Net.Sockets;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Testing.ApiServer;

namespace NetPol.Kubernetes.Tests.Watch;

/// <summary>When and how often an informer retries.</summary>
[TestClass, TestCategory("Unit")]
public sealed class InformerRetryTests
{
    [TestMethod]
    public async Task Backoff_grows_to_half_a_minute_and_resets_on_success()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        var pauses = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            await watch.AnswerAsync("", 503);
            pauses.Add((await informer.Time.PassPauseAsync()).TotalSeconds);
            watch = await informer.WatchAsync(10);
        }
        CollectionAssert.AreEqual(new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30 }, pauses);
        await watch.SendAsync(ApiText.Event("ADDED", ApiText.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        watch.Cut();
        Assert.AreEqual(0.2, (await informer.Time.PassPauseAsync()).TotalSeconds);
    }

    [TestMethod]
    public async Task Watches_that_end_at_once_are_retried_with_backoff()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        for (var pause = 0.2; pause < 1; pause *= 2)
        {
            await watch.AnswerAsync("");
            Assert.Contains("at once", (await informer.FailureAsync()).Message);
            Assert.AreEqual(pause, (await informer.Time.PassPauseAsync()).TotalSeconds);
            watch = await informer.WatchAsync(10);
        }
    }

    [TestMethod]
    public async Task Expired_versions_are_listed_again_with_backoff()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        for (var pause = 0.2; pause < 1; pause *= 2)
        {
            var watch = await informer.ListedAsync("a");
            await watch.AnswerAsync(ApiText.Status(410, "Expired", "too old"), 410);
            Assert.AreEqual(pause, (await informer.Time.PassPauseAsync()).TotalSeconds);
        }
    }

    [TestMethod]
    public async Task Silent_watch_is_followed_by_the_next_without_pause()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        Assert.AreEqual("180", watch["timeoutSeconds"]);
        await watch.BeginAsync();
        await informer.Time.LimitAsync();
        informer.Time.Advance(TimeSpan.FromSeconds(180));
        watch.End();
        await informer.WatchAsync(10);
        Assert.AreEqual(0, informer.Failures);
    }

    [TestMethod]
    public async Task A_watch_that_outlives_what_was_asked_for_is_given_up()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        await watch.BeginAsync();
        Assert.AreEqual(195, (await informer.Time.LimitAsync()).TotalSeconds);
        informer.Time.Advance(TimeSpan.FromSeconds(195));
        await informer.FailureAsync();
        await informer.Time.PassPauseAsync();
        await informer.WatchAsync(10);
    }

    [TestMethod]
    public async Task A_server_that_is_not_there_is_tried_until_it_is()
    {
        var server = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(server);
        var watch = await informer.ListedAsync("a");
        var port = new Uri(server.Configuration.Host).Port;
        await watch.SendAsync(ApiText.Event("ADDED", ApiText.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        await server.DisposeAsync();
        await informer.FailureAsync();
        await informer.Time.PassPauseAsync();
        var refused = await informer.FailureAsync();
        Assert.IsInstanceOfType<HttpRequestException>(refused);
        Assert.AreEqual(SocketError.ConnectionRefused, (refused.InnerException as SocketException)?.SocketErrorCode);
        await using var back = await FakeApiServer.StartScriptedAsync(port);
        informer.Api = back;
        await informer.Time.PassPauseAsync();
        await informer.WatchAsync(11);
    }
    [TestMethod]
    public async Task Failure_during_shutdown_is_not_reported()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        var sink = new StoppingSink();
        await using var informer = new InformerHarness(api, sink: sink);
        sink.Informer = informer;
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(10, null, ApiText.Object("a", 1)));
        await informer.EndAsync();
        Assert.AreEqual(0, informer.Failures);
    }

    /// <summary>Stops the informer that calls it, and throws as a broken connection would.</summary>
    private sealed class StoppingSink : IObjectSink
    {
        public InformerHarness? Informer { get; set; }

        public void Replace(IReadOnlyList<ReceivedObject> objects)
        {
            Informer!.Stop();
            throw new HttpRequestException("the connection was reset");
        }

        public void AddOrUpdate(ReceivedObject changed) => Assert.Fail("nothing is put");

        public void Remove(ReceivedObject removed) => Assert.Fail("nothing is removed");
    }
}
