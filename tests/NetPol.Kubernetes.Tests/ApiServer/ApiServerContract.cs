using System.Text.Json.Nodes;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>
/// What NetPol expects of an API server. The same tests run against <see cref="NetPol.Testing.ApiServer.FakeApiServer"/> and against kube-apiserver, so that the fake
/// cannot differ from the real one.
/// </summary>
public abstract class ApiServerContract
{
    private static int _namespaces;

    private string _maps = "";
    private ContractClient? _client;

    private protected ContractClient Client => _client!;

    [TestInitialize]
    public async Task CreateNamespaceAsync()
    {
        _client = await OpenAsync();
        var space = $"contract-{Interlocked.Increment(ref _namespaces)}";
        await Client.WriteAsync(HttpMethod.Post, "/api/v1/namespaces", Named(space));
        _maps = $"/api/v1/namespaces/{space}/configmaps";
    }

    [TestCleanup]
    public void CloseClient() => _client?.Dispose();

    [TestMethod]
    public async Task Pages_of_a_list_are_of_one_version()
    {
        foreach (var name in (string[])["e", "b", "d", "a", "c"])
            await CreateAsync(name);
        var first = await Client.WriteAsync(HttpMethod.Get, $"{_maps}?limit=2");
        await CreateAsync("bb");
        await DeleteAsync("d");
        var second = await Client.WriteAsync(HttpMethod.Get, $"{_maps}?limit=2&continue={Continue(first)}");
        var third = await Client.WriteAsync(HttpMethod.Get, $"{_maps}?limit=2&continue={Continue(second)}");
        Assert.AreEqual("a b, c d, e", $"{Names(first)}, {Names(second)}, {Names(third)}");
        Assert.AreEqual(("ConfigMapList", "v1", 3), ((string)first["kind"]!, (string)first["apiVersion"]!, (int)first["metadata"]!["remainingItemCount"]!));
        Assert.AreEqual(Version(first), Version(second));
        Assert.AreEqual(Version(first), Version(third));
        Assert.AreEqual("", Continue(third));
        Assert.AreEqual("a b bb c e", Names(await Client.WriteAsync(HttpMethod.Get, _maps)));
    }

    [TestMethod]
    public async Task Items_of_a_built_in_kind_have_no_kind()
    {
        await CreateAsync("a");
        var item = (await Client.WriteAsync(HttpMethod.Get, _maps))["items"]![0]!;
        Assert.AreEqual((null, null), ((string?)item["kind"], (string?)item["apiVersion"]));
        Assert.AreEqual("ConfigMap", (string?)(await Client.WriteAsync(HttpMethod.Get, $"{_maps}/a"))["kind"]);
    }

    [TestMethod]
    public async Task Label_selector_limits_a_list()
    {
        await Client.WriteAsync(HttpMethod.Post, _maps, """{"metadata":{"name":"a","labels":{"app":"x","tier":"1"}}}""");
        await Client.WriteAsync(HttpMethod.Post, _maps, """{"metadata":{"name":"b","labels":{"app":"y"}}}""");
        await CreateAsync("c");
        Assert.AreEqual("a, a b, ", string.Join(", ", Names(await ListAsync("app=x,tier=1")), Names(await ListAsync("app")), Names(await ListAsync("app=z"))));

        Task<JsonObject> ListAsync(string selector) => Client.WriteAsync(HttpMethod.Get, $"{_maps}?labelSelector={Uri.EscapeDataString(selector)}");
    }

    [TestMethod]
    public async Task Watch_from_a_version_sends_the_later_events_in_order()
    {
        var before = await CreateAsync("before");
        await CreateAsync("a");
        await Client.WriteAsync(HttpMethod.Patch, $"{_maps}/a", """{"data":{"k":"v"}}""", "application/merge-patch+json");
        using var watch = await Client.WatchAsync(_maps, $"resourceVersion={Version(before)}");
        var (added, first) = await watch.NextEventAsync();
        var (modified, second) = await watch.NextEventAsync();
        await DeleteAsync("a");
        var (deleted, third) = await watch.NextEventAsync();
        Assert.AreEqual("ADDED a, MODIFIED a, DELETED a", $"{added}, {modified}, {deleted}");
        Assert.AreEqual(("ConfigMap", "v1"), ((string)first["kind"]!, (string)first["apiVersion"]!));
        Assert.AreEqual((null, "v", "v"), ((string?)first["data"]?["k"], (string?)second["data"]?["k"], (string?)third["data"]?["k"]));
        Assert.IsLessThan(Version(first), Version(before));
        Assert.IsLessThan(Version(second), Version(first));
        Assert.IsLessThan(Version(third), Version(second));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("resourceVersion=0")]
    public async Task Watch_without_a_version_begins_with_the_current_objects(string query)
    {
        await CreateAsync("a");
        using var watch = await Client.WatchAsync(_maps, query);
        Assert.AreEqual("ADDED a", (await watch.NextEventAsync()).Text);
        await CreateAsync("b");
        Assert.AreEqual("ADDED b", (await watch.NextEventAsync()).Text);
    }

    [TestMethod]
    public async Task Watch_sends_no_event_of_another_namespace()
    {
        var other = _maps;
        await CreateNamespaceAsync();
        var before = await CreateAsync("before");
        using var watch = await Client.WatchAsync(_maps, $"resourceVersion={Version(before)}");
        await Client.WriteAsync(HttpMethod.Post, other, Named("other"));
        await CreateAsync("own");
        Assert.AreEqual("ADDED own", (await watch.NextEventAsync()).Text);
    }

    [TestMethod]
    public async Task Watch_ends_after_its_timeout_with_a_bookmark()
    {
        var before = await CreateAsync("before");
        using var watch = await Client.WatchAsync(_maps, $"resourceVersion={Version(before)}&allowWatchBookmarks=true&timeoutSeconds=4");
        var last = await CreateAsync("a");
        Assert.AreEqual("ADDED a", (await watch.NextEventAsync()).Text);
        var bookmarks = 0;
        for (; await watch.NextAsync() is { } next; bookmarks++)
        {
            var body = next["object"]!.AsObject();
            Assert.AreEqual("BOOKMARK", (string)next["type"]!);
            Assert.AreEqual(("ConfigMap", "v1"), ((string)body["kind"]!, (string)body["apiVersion"]!));
            Assert.IsGreaterThanOrEqualTo(Version(last), Version(body));
        }
        // kube-apiserver sends one or two: it tries once a second, from two seconds before the end.
        Assert.IsGreaterThan(0, bookmarks);
    }

    [TestMethod]
    public async Task Watch_without_bookmarks_has_none()
    {
        var before = await CreateAsync("before");
        using var watch = await Client.WatchAsync(_maps, $"resourceVersion={Version(before)}&timeoutSeconds=3");
        await CreateAsync("a");
        Assert.AreEqual("ADDED a", (await watch.NextEventAsync()).Text);
        Assert.IsNull(await watch.NextAsync());
    }

    [TestMethod]
    public async Task Streaming_list_ends_with_a_marked_bookmark()
    {
        await CreateAsync("a");
        var last = await CreateAsync("b");
        if ((await Client.GetStatusAsync($"{_maps}?watch=1&sendInitialEvents=true&timeoutSeconds=1")) == 200)
            Assert.Inconclusive("the server is too old for streaming lists: it ignores sendInitialEvents");
        using var watch = await Client.WatchAsync(_maps, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.AreEqual("ADDED a", (await watch.NextEventAsync()).Text);
        Assert.AreEqual("ADDED b", (await watch.NextEventAsync()).Text);
        var (bookmark, body) = await watch.NextEventAsync();
        Assert.AreEqual(("BOOKMARK", "true"), (bookmark, (string?)body["metadata"]!["annotations"]!["k8s.io/initial-events-end"]));
        Assert.IsGreaterThanOrEqualTo(Version(last), Version(body));
        await CreateAsync("c");
        Assert.AreEqual("ADDED c", (await watch.NextEventAsync()).Text);
    }

    [TestMethod]
    public async Task Forgotten_versions_are_expired()
    {
        var before = await CreateAsync("a");
        await CreateAsync("b");
        var page = await Client.WriteAsync(HttpMethod.Get, $"{_maps}?limit=1");
        await DeleteAsync("b");
        await CompactAsync();
        using var watch = await Client.WatchAsync(_maps, $"resourceVersion={Version(before)}");
        var (type, status) = await watch.NextEventAsync();
        Assert.AreEqual(("ERROR", "Status", "Failure", "Expired", 410), (type, (string)status["kind"]!, (string)status["status"]!, (string)status["reason"]!, (int)status["code"]!));
        Assert.StartsWith($"too old resource version: {Version(before)} (", (string)status["message"]!);
        Assert.IsNull(await watch.NextAsync());
        var (code, expired) = await Client.GetAsync($"{_maps}?limit=1&continue={Continue(page)}");
        Assert.AreEqual((410, "Expired"), (code, (string)expired["reason"]!));
        Assert.StartsWith("The provided continue parameter is too old to display a consistent list result.", (string)expired["message"]!);
        var list = await Client.WriteAsync(HttpMethod.Get, _maps);
        using var again = await Client.WatchAsync(_maps, $"resourceVersion={Version(list)}");
        await CreateAsync("c");
        Assert.AreEqual("ADDED c", (await again.NextEventAsync()).Text);
    }

    [TestMethod]
    public async Task Status_patch_changes_only_the_status()
    {
        var name = _maps.Split('/')[4];
        var node = $"/api/v1/nodes/{name}";
        await Client.WriteAsync(HttpMethod.Post, "/api/v1/nodes", $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"podCIDR":"10.1.0.0/24"}}""");
        const string Merge = "application/merge-patch+json";
        await Client.WriteAsync(HttpMethod.Patch, $"{node}/status", """{"spec":{"unschedulable":true},"status":{"phase":"Running"}}""", Merge);
        var patched = await Client.WriteAsync(HttpMethod.Get, node);
        Assert.AreEqual(("Running", null, "10.1.0.0/24"), ((string?)patched["status"]!["phase"], (string?)patched["spec"]!["unschedulable"], (string?)patched["spec"]!["podCIDR"]));
        await Client.WriteAsync(HttpMethod.Patch, node, """{"spec":{"unschedulable":true},"status":{"phase":"Pending"}}""", Merge);
        patched = await Client.WriteAsync(HttpMethod.Get, node);
        Assert.AreEqual(("Running", true), ((string?)patched["status"]!["phase"], (bool?)patched["spec"]!["unschedulable"]));
    }

    [TestMethod]
    public async Task Generation_counts_changes_of_the_spec()
    {
        var policies = _maps.Replace("/api/v1/", "/apis/networking.k8s.io/v1/", StringComparison.Ordinal).Replace("configmaps", "networkpolicies", StringComparison.Ordinal);
        const string Merge = "application/merge-patch+json";
        var created = await Client.WriteAsync(HttpMethod.Post, policies, """{"metadata":{"name":"p"},"spec":{"podSelector":{},"policyTypes":["Ingress"]}}""");
        var labeled = await Client.WriteAsync(HttpMethod.Patch, $"{policies}/p", """{"metadata":{"labels":{"a":"b"}}}""", Merge);
        var changed = await Client.WriteAsync(HttpMethod.Patch, $"{policies}/p", """{"spec":{"policyTypes":["Egress"]}}""", Merge);
        Assert.AreEqual("1 1 2", string.Join(' ', ((JsonObject[])[created, labeled, changed]).Select(p => p["metadata"]!["generation"])));
        Assert.AreEqual((string)created["metadata"]!["uid"]!, (string)changed["metadata"]!["uid"]!);
    }

    [TestMethod]
    public async Task Write_that_changes_nothing_keeps_the_version()
    {
        var created = await Client.WriteAsync(HttpMethod.Post, _maps, """{"metadata":{"name":"a"},"data":{"k":"v"}}""");
        var same = await Client.WriteAsync(HttpMethod.Patch, $"{_maps}/a", """{"data":{"k":"v","absent":null}}""", "application/merge-patch+json");
        Assert.AreEqual(Version(created), Version(same));
    }

    [TestMethod]
    public async Task Refused_writes_have_the_reason()
    {
        var created = await CreateAsync("a");
        await Client.WriteAsync(HttpMethod.Patch, $"{_maps}/a", """{"data":{"k":"v"}}""", "application/merge-patch+json");
        var answers = new List<string>();
        var stale = $$$"""{"metadata":{"name":"a","resourceVersion":"{{{Version(created)}}}"},"data":{"k":"w"}}""";
        Add(await Client.SendAsync(HttpMethod.Post, _maps, Named("a")));
        Add(await Client.SendAsync(HttpMethod.Put, $"{_maps}/a", stale));
        Add(await Client.GetAsync($"{_maps}/absent"));
        Add(await Client.SendAsync(HttpMethod.Patch, $"{_maps}/absent", """{"data":{"k":"v"}}""", "application/merge-patch+json"));
        Add(await Client.SendAsync(HttpMethod.Delete, $"{_maps}/absent"));
        Add(await Client.SendAsync(HttpMethod.Post, "/api/v1/namespaces/absent/configmaps", Named("a")));
        Assert.AreEqual(
            """
            409 AlreadyExists: configmaps "a" already exists
            409 Conflict: Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again
            404 NotFound: configmaps "absent" not found
            404 NotFound: configmaps "absent" not found
            404 NotFound: configmaps "absent" not found
            404 NotFound: namespaces "absent" not found
            """,
            string.Join('\n', answers));

        void Add((int Status, JsonObject Body) answer) => answers.Add($"{answer.Status} {answer.Body["reason"]}: {answer.Body["message"]}");
    }

    /// <summary>Connects to the server, which the test class starts before its first test.</summary>
    private protected abstract Task<ContractClient> OpenAsync();

    /// <summary>Makes the server forget all past versions.</summary>
    private protected abstract Task CompactAsync();

    private static string Named(string name) => $$$"""{"metadata":{"name":"{{{name}}}"}}""";

    private static string Names(JsonObject list) => string.Join(' ', list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!));

    private static string Continue(JsonObject list) => Uri.EscapeDataString((string?)list["metadata"]!["continue"] ?? "");

    private static long Version(JsonObject live) => long.Parse((string)live["metadata"]!["resourceVersion"]!, null);

    private Task<JsonObject> CreateAsync(string name) => Client.WriteAsync(HttpMethod.Post, _maps, Named(name));

    private Task<JsonObject> DeleteAsync(string name) => Client.WriteAsync(HttpMethod.Delete, $"{_maps}/{name}");
}
