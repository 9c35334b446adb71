using System.Text.Json.Nodes;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>The contract, on the fake API server. What the available kube-apiserver is too old for is compared with recorded answers of Kubernetes 1.37.</summary>
[TestClass, TestCategory("Unit")]
public sealed class FakeApiServerContractTests : ApiServerContract, IAsyncDisposable
{
    private FakeApiServer? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [TestMethod]
    public async Task Streaming_list_is_as_Kubernetes_1_37_sends_it()
    {
        var recorded = RecordedServer.Read("watch-list-namespaces.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!.AsObject()).ToList();
        await using var server = await FakeApiServer.StartAsync();
        foreach (var line in recorded.SkipLast(1))
            server.Objects.Put("Namespace", line["object"]!.ToJsonString());
        using var client = new ContractClient(server.Configuration);
        using var watch = await client.WatchAsync("/api/v1/namespaces", "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        foreach (var line in recorded)
            AssertSame(line, (await watch.NextAsync())!);
    }

    [TestMethod]
    public async Task Watch_of_a_forgotten_version_is_as_Kubernetes_1_37_answers_it()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Objects.Put("Namespace", """{"metadata":{"name":"a"}}""");
        server.Objects.Compact();
        using var client = new ContractClient(server.Configuration);
        using var watch = await client.WatchAsync("/api/v1/namespaces", "resourceVersion=1");
        var recorded = JsonNode.Parse(RecordedServer.Read("watch-too-old.jsonl").Replace("5 (28884)", "1 (2)", StringComparison.Ordinal))!;
        Assert.AreEqual(recorded.ToJsonString(), (await watch.NextAsync())!.ToJsonString());
        Assert.IsNull(await watch.NextAsync());
    }

    [TestMethod]
    public async Task Discovery_is_as_Kubernetes_1_37_answers_it()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var client = new ContractClient(server.Configuration);
        Assert.AreEqual(JsonNode.Parse(RecordedServer.Read("group.json"))!.ToJsonString(), (await client.GetAsync(ApiDiscovery.Path)).Body.ToJsonString());
        var recorded = JsonNode.Parse(RecordedServer.Read("group-v1beta1.json"))!.AsObject();
        var answered = (await client.GetAsync($"{ApiDiscovery.Path}/v1beta1")).Body;
        Assert.AreEqual((string)recorded["groupVersion"]!, (string)answered["groupVersion"]!);
        Assert.AreEqual((string)recorded["resources"]![0]!["name"]!, (string)answered["resources"]![0]!["name"]!);
    }

    private protected override async Task<ContractClient> OpenAsync() => new((_server ??= await FakeApiServer.StartAsync()).Configuration);

    private protected override Task CompactAsync()
    {
        _server!.Objects.Compact();
        return Task.CompletedTask;
    }

    /// <summary>Asserts that two events are equal but for resource versions and the empty parts of a bookmark.</summary>
    private static void AssertSame(JsonObject recorded, JsonObject answered)
    {
        foreach (var line in (JsonObject[])[recorded, answered])
        {
            line["object"]!["metadata"]!.AsObject().Remove("resourceVersion");
            foreach (var part in (string[])["spec", "status"])
            {
                if (line["object"]![part] is JsonObject { Count: 0 })
                    line["object"]!.AsObject().Remove(part);
            }
        }
        Assert.IsTrue(JsonNode.DeepEquals(recorded, answered), $"recorded: {recorded}\nanswered: {answered}");
    }
}
