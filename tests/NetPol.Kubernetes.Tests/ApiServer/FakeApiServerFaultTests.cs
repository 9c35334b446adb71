using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>The faults that tests inject into the fake API server, and its watches when there are many.</summary>
[TestClass, TestCategory("Unit")]
public sealed class FakeApiServerFaultTests : IAsyncDisposable
{
    private const string Pods = "/api/v1/pods";
    private FakeApiServer _server = null!;
    private ContractClient _client = null!;

    [TestInitialize]
    public async Task StartAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new(_server.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [TestMethod]
    public async Task Cut_watch_continues_from_its_last_version()
    {
        Put("a");
        using var watch = await _client.WatchAsync(Pods, "");
        var (_, live) = await watch.NextEventAsync();
        _server.CutWatches();
        await Assert.ThrowsAsync<IOException>(watch.NextAsync);
        Put("b");
        using var again = await _client.WatchAsync(Pods, $"resourceVersion={live["metadata"]!["resourceVersion"]}");
        Assert.AreEqual("ADDED b", (await again.NextEventAsync()).Text);
        Assert.AreEqual("/api/v1/pods?watch=1& /api/v1/pods?watch=1&resourceVersion=2", string.Join(' ', _server.Requests));
    }

    [TestMethod]
    public async Task Path_fails_until_it_is_cleared()
    {
        _server.Answers.Fail(Pods, 403, "Forbidden", "no right to list");
        var (status, body) = await _client.GetAsync($"{Pods}?limit=5");
        Assert.AreEqual((403, "no right to list"), (status, (string)body["message"]!));
        _server.Answers.Clear(Pods);
        Assert.AreEqual(200, (await _client.GetAsync(Pods)).Status);
    }

    [TestMethod]
    public async Task Many_watches_receive_every_event_in_order()
    {
        const int Watches = 200;
        const int Events = 100;
        var watches = await Task.WhenAll(Enumerable.Range(0, Watches).Select(_ => _client.WatchAsync(Pods, "")));
        for (var i = 0; i < Events; i++)
            Put($"p-{i}");
        var expected = string.Join(' ', Enumerable.Range(0, Events).Select(i => $"ADDED p-{i}"));
        foreach (var received in await Task.WhenAll(watches.Select(ReadAsync)).WithinAsync("all events"))
            Assert.AreEqual(expected, received);

        static async Task<string> ReadAsync(ContractWatch watch)
        {
            var events = new List<string>();
            while (events.Count < Events)
                events.Add((await watch.NextEventAsync()).Text);
            watch.Dispose();
            return string.Join(' ', events);
        }
    }

    private void Put(string name) => _server.Objects.Put("Pod", $$$"""{"metadata":{"name":"{{{name}}}","namespace":"shop"}}""");
}
