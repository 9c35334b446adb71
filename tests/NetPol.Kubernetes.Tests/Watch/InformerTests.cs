using System.Text.Json.Nodes;
using NetPol.Testing.ApiServer;

namespace NetPol.Kubernetes.Tests.Watch;

[TestClass, TestCategory("Unit")]
public sealed class InformerTests
{
    [TestMethod]
    public async Task Watch_starts_at_the_version_of_the_last_page()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var first = await informer.ListAsync();
        Assert.AreEqual("500", first["limit"]);
        Assert.IsNull(first["continue"]);
        await first.AnswerAsync(ApiText.List(7, "two/+=", ApiText.Object("a", 1), ApiText.Object("b", 2)));
        var second = await informer.ListAsync();
        Assert.AreEqual("two/+=", second["continue"]);
        await second.AnswerAsync(ApiText.List(8, "", ApiText.Object("c", 3)));
        Assert.AreEqual("all: a b c", await informer.Sink.NextAsync());
        Assert.AreEqual("true", (await informer.WatchAsync(8))["allowWatchBookmarks"]);
    }

    [TestMethod]
    public async Task A_page_that_the_server_no_longer_knows_starts_the_list_again()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(7, "two", ApiText.Object("old", 1)));
        await (await informer.ListAsync()).AnswerAsync(ApiText.Status(410, "Expired", "the page is gone"), 410);
        Assert.AreEqual("the page is gone", (await informer.FailureAsync()).Message);
        await informer.Time.PassPauseAsync();
        var again = await informer.ListAsync();
        Assert.IsNull(again["continue"]);
        await again.AnswerAsync(ApiText.List(9, null, ApiText.Object("new", 8)));
        Assert.AreEqual("all: new", await informer.Sink.NextAsync());
    }

    [TestMethod]
    [DataRow("11", true, DisplayName = "the same")]
    [DataRow("100", true, DisplayName = "newer")]
    [DataRow("abc", true, DisplayName = "not comparable")]
    [DataRow("9", false, DisplayName = "older: a restore of etcd")]
    public async Task Watch_continues_unless_the_state_of_the_server_is_older(string version, bool continues)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        await watch.SendAsync(ApiText.Event("ADDED", ApiText.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        watch.End();
        var check = await informer.ListAsync();
        Assert.AreEqual("1", check["limit"]);
        await check.AnswerAsync(ApiText.List(11, null).Replace("\"11\"", $"\"{version}\"", StringComparison.Ordinal));
        if (continues)
        {
            await informer.WatchAsync(11);
            return;
        }
        Assert.AreEqual("the API server is at resource version 9 after 11, as after a restore of etcd: reading all objects again", (await informer.FailureAsync()).Message);
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(9, null, ApiText.Object("c", 5)));
        Assert.AreEqual("all: c", await informer.Sink.NextAsync());
        await informer.WatchAsync(9);
    }

    [TestMethod]
    public async Task Events_keep_their_order_across_watches()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        await watch.SendAsync(ApiText.Event("ADDED", ApiText.Object("b", 11)) + ApiText.Event("MODIFIED", ApiText.Object("a", 12)) + "\n");
        var deleted = ApiText.Event("DELETED", ApiText.Object("b", 13));
        await watch.SendAsync(deleted[..20]);
        await watch.SendAsync(deleted[20..]);
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        Assert.AreEqual("put a", await informer.Sink.NextAsync());
        Assert.AreEqual("remove b", await informer.Sink.NextAsync());
        watch.End();
        var next = await informer.WatchAsync(13);
        await next.SendAsync(ApiText.Bookmark(99));
        next.End();
        await informer.WatchAsync(99);
        Assert.AreEqual(0, informer.Failures);
    }

    [TestMethod]
    public async Task Expired_version_lists_again_and_removes_deleted_objects()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a", "b");
        await watch.SendAsync(ApiText.Event("ERROR", JsonNode.Parse(ApiText.Status(410, "Expired", "too old resource version"))!));
        watch.End();
        Assert.AreEqual("too old resource version", (await informer.FailureAsync()).Message);
        await informer.Time.PassPauseAsync();
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(20, null, ApiText.Object("b", 2)));
        Assert.AreEqual("all: b", await informer.Sink.NextAsync());
        await informer.WatchAsync(20);
    }

    [TestMethod]
    public async Task A_watch_refused_as_expired_lists_again_too()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        await (await informer.ListedAsync("a")).AnswerAsync(ApiText.Status(410, "Gone", "gone"), 410);
        await informer.Time.PassPauseAsync();
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(20, null));
        Assert.AreEqual("all: ", await informer.Sink.NextAsync());
    }

    [TestMethod]
    [DataRow("{\"metadata\":{\"resourceVersion\":\"1\"}}", 200, "a list has no items")]
    [DataRow("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":null}", 200, "a list has no items")]
    [DataRow("{\"items\":[]}", 200, "has no resourceVersion")]
    [DataRow("[]", 200, "has no resourceVersion")]
    [DataRow("{\"metadata\":{\"resourceVersion\":\"\\ud800\"},\"items\":[]}", 200, "surrogate")]
    [DataRow("<html>", 200, "'<' is an invalid start of a value")]
    [DataRow("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"meta", 200, "Expected end of string")]
    [DataRow("", 200, "does not contain any JSON tokens")]
    [DataRow("oops", 500, "the API server answered 500 InternalServerError")]
    [DataRow("{\"kind\":\"Status\",\"code\":403,\"message\":\"forbidden: no right\"}", 403, "forbidden: no right")]
    [DataRow("{\"kind\":\"Status\",\"code\":404,\"message\":\"not here\"}", 404, "not here")]
    public async Task An_answer_that_is_no_list_is_reported_and_asked_for_again(string body, int status, string failure)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        await (await informer.ListAsync()).AnswerAsync(body, status);
        Assert.Contains(failure, (await informer.FailureAsync()).Message);
        await informer.Time.PassPauseAsync();
        await informer.ListedAsync("a");
    }

    [TestMethod]
    [DataRow("garbage\n")]
    [DataRow("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"res")]
    [DataRow("{\"type\":\"MODIFIED\"}\n")]
    [DataRow("{\"type\":7,\"object\":{}}\n")]
    [DataRow("{\"type\":\"\\ud800\",\"object\":{}}\n")]
    [DataRow("{\"type\":\"NEVER_HEARD_OF\",\"object\":{}}\n")]
    [DataRow("{\"type\":\"BOOKMARK\",\"object\":{}}\n")]
    [DataRow("{\"type\":\"ERROR\",\"object\":null}\n")]
    [DataRow("[]\n")]
    public async Task A_line_that_is_no_event_goes_on_after_the_last_good_one(string line)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var watch = await informer.ListedAsync("a");
        await watch.SendAsync(ApiText.Event("ADDED", ApiText.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        await watch.SendAsync(line);
        watch.End();
        await informer.FailureAsync();
        await informer.Time.PassPauseAsync();
        var next = await informer.WatchAsync(11);
        await next.SendAsync(ApiText.Event("DELETED", ApiText.Object("b", 12)));
        Assert.AreEqual("remove b", await informer.Sink.NextAsync());
    }

    [TestMethod]
    public async Task An_object_without_a_name_is_reported_and_keeps_nothing_else_back()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var odd = JsonNode.Parse("""{"metadata":{"resourceVersion":"1","generation":1.5}}""")!;
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(10, null, odd, ApiText.Object("a", 2), JsonNode.Parse("[]")!));
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
        Assert.Contains("no metadata with a name", (await informer.FailureAsync()).Message);
        await informer.FailureAsync();
        var watch = await informer.WatchAsync(10);
        await watch.SendAsync(ApiText.Event("ADDED", odd) + "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\\ud800\"}}}\n" + ApiText.Event("ADDED", ApiText.Object("b", 11)));
        Assert.AreEqual("put b", await informer.Sink.NextAsync());
        Assert.AreEqual(2, informer.Failures);
    }

    [TestMethod]
    public async Task A_generation_that_is_no_whole_number_is_no_obstacle()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api);
        var odd = JsonNode.Parse("""{"metadata":{"name":"odd","resourceVersion":"1","generation":1e99}}""")!;
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(10, null, odd));
        Assert.AreEqual("all: odd", await informer.Sink.NextAsync());
    }
}
