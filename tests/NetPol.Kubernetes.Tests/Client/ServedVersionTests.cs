using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Tests.Watch;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Policies;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Client;

/// <summary>The informer watches the newest served version that NetPol reads, and the served versions may change at any time.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ServedVersionTests
{
    private const string Kind = "ClusterNetworkPolicy";
    private static readonly string[] Resources = ["clusternetworkpolicies", "clusternetworkpolicies/status"];

    [TestMethod]
    public async Task Of_what_Kubernetes_1_37_serves_the_newest_version_is_followed()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        api.Discovery.Replay(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [ApiDiscovery.Path] = RecordedServer.Read("group.json"),
            [$"{ApiDiscovery.Path}/v1beta1"] = RecordedServer.Read("group-v1beta1.json"),
            [$"{ApiDiscovery.Path}/v1alpha2"] = RecordedServer.Read("group-v1alpha2.json"),
        });
        await using var informer = new InformerHarness(api, Kind);
        var live = JsonNode.Parse(RecordedServer.Read("object-v1beta1.json"))!;
        await (await informer.ListAsync("v1beta1")).AnswerAsync(ApiText.List(29347, null, live));
        Assert.AreEqual("all: example", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(29347, "v1beta1");
        await watch.SendAsync(RecordedServer.Read("watch-too-old.jsonl"));
        watch.End();
        Assert.IsTrue(((KubernetesApiException)await informer.FailureAsync()).IsExpired);
        await informer.Time.PassPauseAsync();
        await informer.ListAsync("v1beta1");
        Assert.AreEqual(new("v1beta1", []), informer.Served);
    }

    [TestMethod]
    public void Both_served_versions_of_an_object_mean_the_same()
    {
        var reader = (IObjectReader<Policy>)ResourceTypes.FindReader(Kind)!;
        var (newer, older) = (Read("object-v1beta1.json"), Read("object-v1alpha2.json"));
        Assert.AreEqual(newer, older);
        Assert.AreEqual("pods app=db in namespaces *", newer.Subject.ToString());

        Policy Read(string file)
        {
            var read = WatchedPolicy.Read(reader, TestClients.Receive(RecordedServer.Read(file)))!;
            Assert.IsEmpty(read.Diagnostics);
            return read.Policy;
        }
    }

    [TestMethod]
    public async Task Watch_starts_where_a_streamed_list_ends()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api, "Namespace");
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(1, null));
        Assert.AreEqual("all: ", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(1);
        await watch.SendAsync(RecordedServer.Read("watch-list-namespaces.jsonl"));
        watch.End();
        foreach (var name in (string[])["default", "kube-node-lease", "kube-public", "kube-system", "netpol-system"])
            Assert.AreEqual($"put {name}", await informer.Sink.NextAsync());
        await informer.WatchAsync(29348);
        Assert.AreEqual(0, informer.Failures);
    }

    [TestMethod]
    public async Task Newest_served_version_is_watched()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        api.Discovery.Serve(("v1alpha2", Resources));
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync("v1alpha2")).AnswerAsync(ApiText.List(5, null, ApiText.Object("a", 4)));
        var watch = await informer.WatchAsync(5, "v1alpha2");
        api.Discovery.Serve(("v1", Resources), ("v1beta1", Resources), ("v1alpha2", Resources));
        await EndAsync(watch);
        await (await informer.ListAsync("v1beta1")).AnswerAsync(ApiText.List(7, null, ApiText.Object("a", 4), ApiText.Object("b", 6)));
        watch = await informer.WatchAsync(7, "v1beta1");
        api.Discovery.Serve(("v1alpha2", Resources));
        await EndAsync(watch);
        await informer.ListAsync("v1alpha2");
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
        Assert.AreEqual("all: a b", await informer.Sink.NextAsync());
        Assert.AreEqual(0, informer.Failures);
        Assert.IsEmpty(informer.Unread);
    }

    [TestMethod]
    public async Task Unsupported_versions_are_reported_and_objects_stay()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(5, null, ApiText.Object("a", 4)));
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(5);
        api.Discovery.Serve(("v2", Resources), ("v1", Resources), ("v1alpha1", ["adminnetworkpolicies"]));
        await EndAsync(watch);
        var readiness = await api.Script.NextAsync("/readyz");
        Assert.AreEqual(new(null, ["v2", "v1"]), informer.Served);
        api.Discovery.ServeNext(("v2", Resources), ("v1", Resources));
        api.Discovery.ServeNext(("v1", Resources), ("v1beta1", Resources));
        await readiness.AnswerAsync("ok");
        await informer.Time.PassPauseAsync();
        Assert.AreEqual(TimeSpan.FromSeconds(5), await informer.Time.PassPauseAsync());
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(9, null, ApiText.Object("b", 8)));
        Assert.AreEqual("all: b", await informer.Sink.NextAsync());
        Assert.AreEqual($"{Kind}: v2 v1, {Kind}: ", string.Join(", ", informer.Unread));
    }

    [TestMethod]
    public async Task Unsupported_version_at_start_does_not_delay_other_kinds()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        api.Discovery.Serve(("v1", Resources));
        await using var informer = new InformerHarness(api, Kind);
        await (await api.Script.NextAsync("/readyz")).AnswerAsync("ok");
        await informer.Time.PassPauseAsync();
        Assert.AreEqual("all: ", await informer.Sink.NextAsync());
        Assert.AreEqual($"{Kind}: v1", string.Join(", ", informer.Unread));
    }

    [TestMethod]
    public async Task List_not_found_in_a_served_version_removes_nothing()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync()).AnswerAsync("404 page not found", 404);
        await informer.FailureAsync();
        await informer.Time.PassPauseAsync();
        await (await informer.ListAsync()).AnswerAsync(ApiText.List(5, null, ApiText.Object("a", 4)));
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
    }

    [TestMethod]
    [DataRow("[]")]
    [DataRow("""{"versions": 7}""")]
    [DataRow("not JSON")]
    public async Task An_answer_that_is_none_of_the_discovery_API_is_no_missing_kind(string answer)
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        api.Discovery.Replay(new Dictionary<string, string>(StringComparer.Ordinal) { [ApiDiscovery.Path] = answer });
        await using var informer = new InformerHarness(api, Kind);
        await informer.FailureAsync();
        Assert.IsNull(informer.Served);
    }

    private static async Task EndAsync(ScriptedRequest watch)
    {
        await watch.SendAsync(ApiText.Bookmark(5));
        watch.End();
    }
}
