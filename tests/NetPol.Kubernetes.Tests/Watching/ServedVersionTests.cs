using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Policies;
using NetPol.Testing;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>The informer follows the newest version of a kind that is served and read, and what is served may change at any time.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ServedVersionTests
{
    private const string Kind = "ClusterNetworkPolicy";
    private static readonly string[] Resources = ["clusternetworkpolicies", "clusternetworkpolicies/status"];

    [TestMethod]
    public async Task Of_what_Kubernetes_1_37_serves_the_newest_version_is_followed()
    {
        await using var api = await FakeApi.StartAsync();
        api.Replay(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [FakeApi.Group] = RecordedServer.Read("group.json"),
            [$"{FakeApi.Group}/v1beta1"] = RecordedServer.Read("group-v1beta1.json"),
            [$"{FakeApi.Group}/v1alpha2"] = RecordedServer.Read("group-v1alpha2.json"),
        });
        await using var informer = new InformerHarness(api, Kind);
        var live = JsonNode.Parse(RecordedServer.Read("object-v1beta1.json"))!;
        await (await informer.ListAsync("v1beta1")).AnswerAsync(Live.List(29347, null, live));
        Assert.AreEqual("all: example", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(29347, "v1beta1");
        await watch.SendAsync(RecordedServer.Read("watch-too-old.jsonl"));
        watch.End();
        Assert.IsTrue(((KubernetesApiException)await informer.TroubleAsync()).IsExpired);
        await informer.Time.PassPauseAsync();
        await informer.ListAsync("v1beta1");
        Assert.AreEqual(new("v1beta1", []), informer.Served);
    }

    [TestMethod]
    public void Of_an_object_that_Kubernetes_1_37_serves_in_both_versions_both_mean_the_same()
    {
        var reader = (IObjectReader<Policy>)ResourceTypes.FindReader(Kind)!;
        var (newer, older) = (Read("object-v1beta1.json"), Read("object-v1alpha2.json"));
        Assert.AreEqual(newer, older);
        Assert.AreEqual("pods app=db in namespaces *", newer.Subject.ToString());

        Policy Read(string file)
        {
            var read = WatchedPolicy.Read(reader, Live.Received(RecordedServer.Read(file)))!;
            Assert.IsEmpty(read.Diagnostics);
            return read.Policy;
        }
    }

    [TestMethod]
    public async Task A_streamed_list_of_Kubernetes_1_37_is_taken_in_and_the_next_watch_starts_where_it_ends()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api, "Namespace");
        await (await informer.ListAsync()).AnswerAsync(Live.List(1, null));
        Assert.AreEqual("all: ", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(1);
        await watch.SendAsync(RecordedServer.Read("watch-list-namespaces.jsonl"));
        watch.End();
        foreach (var name in (string[])["default", "kube-node-lease", "kube-public", "kube-system", "netpol-system"])
            Assert.AreEqual($"put {name}", await informer.Sink.NextAsync());
        await informer.WatchAsync(29348);
        Assert.AreEqual(0, informer.Troubles);
    }

    [TestMethod]
    public async Task An_older_version_is_followed_where_it_is_the_only_one_and_a_newer_one_as_soon_as_it_is_served()
    {
        await using var api = await FakeApi.StartAsync();
        api.Serve(("v1alpha2", Resources));
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync("v1alpha2")).AnswerAsync(Live.List(5, null, Live.Object("a", 4)));
        var watch = await informer.WatchAsync(5, "v1alpha2");
        api.Serve(("v1", Resources), ("v1beta1", Resources), ("v1alpha2", Resources));
        await EndAsync(watch);
        await (await informer.ListAsync("v1beta1")).AnswerAsync(Live.List(7, null, Live.Object("a", 4), Live.Object("b", 6)));
        watch = await informer.WatchAsync(7, "v1beta1");
        api.Serve(("v1alpha2", Resources));
        await EndAsync(watch);
        await informer.ListAsync("v1alpha2");
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
        Assert.AreEqual("all: a b", await informer.Sink.NextAsync());
        Assert.AreEqual(0, informer.Troubles);
        Assert.IsEmpty(informer.Unread);
    }

    [TestMethod]
    public async Task A_kind_that_is_served_only_in_versions_that_are_not_read_is_told_and_its_objects_stay()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync()).AnswerAsync(Live.List(5, null, Live.Object("a", 4)));
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
        var watch = await informer.WatchAsync(5);
        api.Serve(("v2", Resources), ("v1", Resources), ("v1alpha1", ["adminnetworkpolicies"]));
        await EndAsync(watch);
        var readiness = await api.NextAsync("/readyz");
        Assert.AreEqual(new(null, ["v2", "v1"]), informer.Served);
        api.ServeNext(("v2", Resources), ("v1", Resources));
        api.ServeNext(("v1", Resources), ("v1beta1", Resources));
        await readiness.AnswerAsync("ok");
        await informer.Time.PassPauseAsync();
        Assert.AreEqual(TimeSpan.FromSeconds(5), await informer.Time.PassPauseAsync());
        await (await informer.ListAsync()).AnswerAsync(Live.List(9, null, Live.Object("b", 8)));
        Assert.AreEqual("all: b", await informer.Sink.NextAsync());
        Assert.AreEqual($"{Kind}: v2 v1, {Kind}: ", string.Join(", ", informer.Unread));
    }

    [TestMethod]
    public async Task From_the_start_a_version_that_is_not_read_holds_the_other_kinds_up_no_longer_than_a_missing_kind()
    {
        await using var api = await FakeApi.StartAsync();
        api.Serve(("v1", Resources));
        await using var informer = new InformerHarness(api, Kind);
        await (await api.NextAsync("/readyz")).AnswerAsync("ok");
        await informer.Time.PassPauseAsync();
        Assert.AreEqual("all: ", await informer.Sink.NextAsync());
        Assert.AreEqual($"{Kind}: v1", string.Join(", ", informer.Unread));
    }

    [TestMethod]
    public async Task A_list_that_is_not_found_in_a_version_that_is_served_takes_nothing_away()
    {
        await using var api = await FakeApi.StartAsync();
        await using var informer = new InformerHarness(api, Kind);
        await (await informer.ListAsync()).AnswerAsync("404 page not found", 404);
        await informer.TroubleAsync();
        await informer.Time.PassPauseAsync();
        await (await informer.ListAsync()).AnswerAsync(Live.List(5, null, Live.Object("a", 4)));
        Assert.AreEqual("all: a", await informer.Sink.NextAsync());
    }

    [TestMethod]
    [DataRow("[]")]
    [DataRow("""{"versions": 7}""")]
    [DataRow("not JSON")]
    public async Task An_answer_that_is_none_of_the_discovery_API_is_no_missing_kind(string answer)
    {
        await using var api = await FakeApi.StartAsync();
        api.Replay(new Dictionary<string, string>(StringComparer.Ordinal) { [FakeApi.Group] = answer });
        await using var informer = new InformerHarness(api, Kind);
        await informer.TroubleAsync();
        Assert.IsNull(informer.Served);
    }

    private static async Task EndAsync(FakeRequest watch)
    {
        await watch.SendAsync(Live.Bookmark(5));
        watch.End();
    }
}
