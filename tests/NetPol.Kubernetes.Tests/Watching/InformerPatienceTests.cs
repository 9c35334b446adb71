using System.Net.Sockets;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watching;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>When and how often an informer asks again.</summary>
[TestClass, TestCategory("Unit")]
public sealed class InformerPatienceTests
{
    [TestMethod]
    public async Task Pauses_grow_to_half_a_minute_and_start_anew_once_something_comes()
    {
        await using var api = await FakeApi.StartAsync();
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
        await watch.SendAsync(Live.Event("ADDED", Live.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        watch.Cut();
        Assert.AreEqual(0.2, (await informer.Time.PassPauseAsync()).TotalSeconds);
    }

    [TestMethod]
    public async Task A_server_that_ends_every_watch_at_once_is_not_asked_without_pause()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        for (var pause = 0.2; pause < 1; pause *= 2)
        {
            await watch.AnswerAsync("");
            Assert.Contains("at once", (await informer.TroubleAsync()).Message);
            Assert.AreEqual(pause, (await informer.Time.PassPauseAsync()).TotalSeconds);
            watch = await informer.WatchAsync(10);
        }
    }

    [TestMethod]
    public async Task A_server_that_forgets_every_version_is_listed_in_growing_pauses()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api);
        for (var pause = 0.2; pause < 1; pause *= 2)
        {
            var watch = await informer.ListedAsync("a");
            await watch.AnswerAsync(Live.Status(410, "Expired", "too old"), 410);
            Assert.AreEqual(pause, (await informer.Time.PassPauseAsync()).TotalSeconds);
        }
    }

    [TestMethod]
    public async Task A_watch_that_was_silent_to_its_end_is_followed_by_the_next_without_pause()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        Assert.AreEqual("180", watch["timeoutSeconds"]);
        await watch.BeginAsync();
        await informer.Time.LimitAsync();
        informer.Time.Advance(TimeSpan.FromSeconds(180));
        watch.End();
        await informer.WatchAsync(10);
        Assert.AreEqual(0, informer.Troubles);
    }

    [TestMethod]
    public async Task A_watch_that_outlives_what_was_asked_for_is_given_up()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        await watch.BeginAsync();
        Assert.AreEqual(195, (await informer.Time.LimitAsync()).TotalSeconds);
        informer.Time.Advance(TimeSpan.FromSeconds(195));
        await informer.TroubleAsync();
        await informer.Time.PassPauseAsync();
        await informer.WatchAsync(10);
    }

    [TestMethod]
    public async Task A_server_that_is_not_there_is_tried_until_it_is()
    {
        var gone = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(gone);
        var watch = await informer.ListedAsync("a");
        var port = new Uri(gone.Configuration.Host).Port;
        await watch.SendAsync(Live.Event("ADDED", Live.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        await gone.DisposeAsync();
        await informer.TroubleAsync();
        await informer.Time.PassPauseAsync();
        var refused = await informer.TroubleAsync();
        Assert.IsInstanceOfType<HttpRequestException>(refused);
        Assert.AreEqual(SocketError.ConnectionRefused, (refused.InnerException as SocketException)?.SocketErrorCode);
        await using var back = await FakeApi.StartAsync(port);
        informer.Api = back;
        await informer.Time.PassPauseAsync();
        await informer.WatchAsync(11);
    }
    [TestMethod]
    public async Task Trouble_that_comes_while_it_is_asked_to_end_is_an_end_and_no_trouble()
    {
        await using var api = await FakeApi.StartAsync();
        var sink = new StoppingSink();
        await using var informer = new InformerHarness(api, sink: sink);
        sink.Informer = informer;
        await (await informer.ListAsync()).AnswerAsync(Live.List(10, null, Live.Object("a", 1)));
        await informer.EndAsync();
        Assert.AreEqual(0, informer.Troubles);
    }

    /// <summary>Stops the informer that tells it of something, and fails it as a connection that breaks would.</summary>
    private sealed class StoppingSink : IWatchSink
    {
        public InformerHarness? Informer { get; set; }

        public void Replace(IReadOnlyList<WatchedObject> objects)
        {
            Informer!.Stop();
            throw new HttpRequestException("the connection was reset");
        }

        public void Put(WatchedObject changed) => Assert.Fail("nothing is put");

        public void Remove(WatchedObject gone) => Assert.Fail("nothing is removed");
    }
}
