using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Exceptions;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Tests.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Watch;

[TestClass, TestCategory("Unit")]
public sealed class ClusterWatcherTests
{
    private const string Admin = "/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies";
    private const string Policies = "/apis/networking.k8s.io/v1/networkpolicies";
    private const string Pods = "/api/v1/pods";

    private static readonly string[] Others =
    [
        "/api/v1/namespaces", "/api/v1/nodes", "/apis/policy.networking.k8s.io/v1alpha1/baselineadminnetworkpolicies",
        "/apis/policy.networking.k8s.io/v1beta1/clusternetworkpolicies",
    ];

    private static readonly (string, string[])[] WithoutAdmin = [("v1beta1", ["clusternetworkpolicies"]), ("v1alpha1", ["baselineadminnetworkpolicies"])];

    private static readonly (string, string[])[] All = [("v1beta1", ["clusternetworkpolicies"]), ("v1alpha1", ["adminnetworkpolicies", "baselineadminnetworkpolicies"])];

    private readonly ConcurrentQueue<string> _failures = new();
    private readonly PausedTimeProvider _time = new(InformerHarness.LongestPause);

    [TestMethod]
    public async Task The_first_batch_waits_for_every_kind_and_holds_everything()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await RunAsync(api, async watcher =>
        {
            var batch = watcher.NextBatchAsync(CancellationToken.None);
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(5, null, Policy("p", 3)));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null, Pod("a", 1), Pod("b", 2)));
            var listed = await api.Script.NextAsync(Admin);
            await (await api.Script.NextAsync(Pods)).SendAsync(ApiText.Event("DELETED", Pod("a", 6)));
            Assert.IsFalse(batch.IsCompleted);
            await listed.AnswerAsync(ApiText.List(5, null, Object("admin", 4)));
            var first = await batch.WithinAsync("the first batch");
            Assert.Contains("b", string.Join(' ', first.Changes.Pods.Where(p => p.Value is not null).Select(p => p.Key.Name)));
            Assert.AreEqual("admin p", string.Join(' ', first.Policies.Select(p => p.Key.Name).Order(StringComparer.Ordinal)));
        });
    }

    [TestMethod]
    public async Task Unreadable_admin_policy_is_reported_and_changes_no_rule()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        var reader = new FailingReader(ResourceTypes.FindReader("AdminNetworkPolicy")!) { Fails = true };
        var resources = WatchedResource.All.Select(r => r.Reader.Type == reader.Type ? r with { Reader = reader } : r);
        await RunAsync(api, async watcher =>
        {
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(5, null, Object("admin", 4)));
            var first = await FirstAsync(watcher);
            var (id, policy) = first.Policies.Single();
            Assert.AreEqual(("AdminNetworkPolicy admin", false, "uid-admin"), (id.ToString(), policy!.IsEnforced, policy.Uid));
            Assert.AreEqual("it cannot be read: the test fails it: write it otherwise, and report this", policy.Diagnostics.Single().Message);
            Assert.IsTrue(first.Changes.IsEmpty);

            var watch = await api.Script.NextAsync(Admin);
            reader.Fails = false;
            await watch.SendAsync(ApiText.Event("MODIFIED", Object("admin", 6)));
            Assert.IsNotNull((await NextAsync(watcher)).Changes.Policies.Single().Value);
            reader.Fails = true;
            await watch.SendAsync(ApiText.Event("MODIFIED", Object("admin", 7)));
            var again = (await NextAsync(watcher)).Policies.Single().Value!;
            Assert.IsTrue(again is { IsEnforced: true, Policy.Isolation: not null }, "the form that was read before is isolated");
        }, resources: resources);
    }

    [TestMethod]
    public async Task A_kind_whose_definition_is_missing_is_empty_until_it_comes()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        api.Discovery.Serve(WithoutAdmin);
        await RunAsync(api, async watcher =>
        {
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync("/readyz")).AnswerAsync("ok");
            await _time.PassPauseAsync();
            Assert.IsTrue((await FirstAsync(watcher)).Changes.IsEmpty);
            api.Discovery.Serve(All);
            await _time.PassPauseAsync();
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(9, null, Object("admin", 4)));
            Assert.AreEqual("admin", (await NextAsync(watcher)).Policies.Single().Key.Name);
            Assert.IsEmpty(_failures);
        });
    }

    [TestMethod]
    public async Task Starting_server_without_a_kind_removes_no_policy()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await RunAsync(api, async watcher =>
        {
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(5, null, Object("admin", 4)));
            await FirstAsync(watcher);
            var watch = await api.Script.NextAsync(Admin);
            api.Discovery.Serve(WithoutAdmin);
            await watch.SendAsync(ApiText.Bookmark(5));
            watch.End();
            await (await api.Script.NextAsync("/readyz")).AnswerAsync("[-]poststarthook/crd-informer-synced failed", 500);
            await _time.PassPauseAsync();
            var readiness = await api.Script.NextAsync("/readyz");
            api.Discovery.Serve(All);
            await readiness.AnswerAsync("ok");
            await _time.PassPauseAsync();
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(6, null, Object("admin", 6), Object("more", 5)));
            Assert.AreEqual("more", (await NextAsync(watcher)).Policies.Single().Key.Name);
            Assert.HasCount(1, _failures);
        });
    }

    [TestMethod]
    public async Task Unlistable_kind_delays_the_first_batch_and_is_named()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await RunAsync(api, async watcher =>
        {
            var batch = watcher.NextBatchAsync(CancellationToken.None);
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.Status(403, "Forbidden", "no right to list"), 403);
            await _time.PassPauseAsync();
            var again = await api.Script.NextAsync(Policies);
            Assert.AreEqual("NetworkPolicy: no right to list", _failures.Single());
            Assert.IsFalse(batch.IsCompleted);
            await again.AnswerAsync(ApiText.List(5, null, Policy("p", 3)));
            Assert.AreEqual("p", (await batch.WithinAsync("the first batch")).Policies.Single().Key.Name);
        });
    }

    [TestMethod]
    public async Task Cluster_that_was_restored_from_a_backup_is_read_again()
    {
        await using var api = await FakeApiServer.StartAsync();
        foreach (var pod in (JsonObject[])[Pod("stays", 0), Pod("comes-back", 0)])
            api.Objects.Put("Pod", pod.ToJsonString());
        var backup = api.Objects.Backup();
        api.Objects.Delete($"{Pods.Replace("/pods", "/namespaces/shop/pods", StringComparison.Ordinal)}/comes-back");
        for (var i = 0; i < 100; i++)
            api.Objects.Put("Pod", Pod($"later-{i}", 0).ToJsonString());
        await RunAsync(api, async watcher =>
        {
            Assert.HasCount(101, (await NextAsync(watcher)).Changes.Pods);
            api.Objects.Restore(backup);
            api.CutWatches();
            var restored = await ChangesAsync(watcher, 101);
            Assert.AreEqual("comes-back", restored.Single(p => p.Value is not null).Key.Name);
            Assert.IsTrue(restored.Where(p => p.Value is null).All(p => p.Key.Name.StartsWith("later-", StringComparison.Ordinal)));
            api.Objects.Put("Pod", Pod("new", 0).ToJsonString());
            Assert.AreEqual("new", (await ChangesAsync(watcher, 1)).Single().Key.Name);
        }, time: TimeProvider.System);
        Assert.Contains("as after a restore of etcd", string.Join('\n', _failures));

        async Task<List<KeyValuePair<PodId, Pod?>>> ChangesAsync(ClusterWatcher watcher, int count)
        {
            List<KeyValuePair<PodId, Pod?>> changes = [];
            while (changes.Count < count)
                changes.AddRange((await NextAsync(watcher)).Changes.Pods);
            return changes;
        }
    }

    [TestMethod]
    public async Task Batch_joins_changes_and_has_the_time_of_the_oldest()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        await RunAsync(api, async watcher =>
        {
            await AnswerOthersAsync(api);
            await (await api.Script.NextAsync(Admin)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Pods)).AnswerAsync(ApiText.List(5, null));
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(5, null));
            await FirstAsync(watcher);
            var watch = await api.Script.NextAsync(Policies);
            var oldest = _time.GetUtcNow();
            await watch.SendAsync(ApiText.Event("ADDED", Policy("p", 6)));
            // The next request shows that the event was taken in.
            watch.End();
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(6, null));
            watch = await api.Script.NextAsync(Policies);
            _time.Advance(TimeSpan.FromSeconds(1));
            await watch.SendAsync(string.Concat(Enumerable.Range(7, 500).Select(v => ApiText.Event("MODIFIED", Policy("p", v)))) + ApiText.Event("DELETED", Policy("p", 600)));
            watch.End();
            await (await api.Script.NextAsync(Policies)).AnswerAsync(ApiText.List(600, null));
            Assert.AreEqual("600", (await api.Script.NextAsync(Policies))["resourceVersion"]);
            var batch = await NextAsync(watcher);
            Assert.AreEqual(oldest, batch.OldestAt);
            Assert.IsNull(batch.Policies.Single().Value);
        });
    }

    [TestMethod]
    public async Task One_kind_that_can_be_followed_no_longer_ends_all()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        var proof = new FailingTokenProvider();
        using var client = api.Open(proof);
        using var watcher = new ClusterWatcher(client, _time, (kind, error) => _failures.Enqueue($"{kind}: {error.Message}"), (_, _) => { });
        var run = watcher.RunAsync(CancellationToken.None);
        var watch = await WatchedAsync(api);
        proof.Failure = new InvalidOperationException("a broken invariant");
        watch.Cut();
        await _time.PassPauseAsync();
        Assert.AreEqual("a broken invariant", (await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => run.WithinAsync("the watcher to end"))).Message);
    }

    [TestMethod]
    public async Task A_proof_that_cannot_be_had_for_a_moment_is_asked_for_again()
    {
        await using var api = await FakeApiServer.StartScriptedAsync();
        var proof = new FailingTokenProvider();
        await RunAsync(api, async _ =>
        {
            var watch = await WatchedAsync(api);
            foreach (var failure in (Exception[])[new UnauthorizedAccessException("no right to the file"), new KubeConfigException("the plug-in failed")])
            {
                proof.Failure = failure;
                watch.Cut();
                await _time.PassPauseAsync();
                await _time.PassPauseAsync();
                watch = await api.Script.NextAsync(Policies);
                Assert.AreEqual($"NetworkPolicy: {failure.Message}", _failures.Last());
            }
        }, proof);
    }

    /// <summary>Answers every list with nothing, and takes every watch.</summary>
    /// <returns>The watch of NetworkPolicies.</returns>
    private static async Task<ScriptedRequest> WatchedAsync(FakeApiServer api)
    {
        string[] all = [.. Others, Admin, Pods, Policies];
        foreach (var path in all)
            await (await api.Script.NextAsync(path)).AnswerAsync(ApiText.List(5, null));
        ScriptedRequest? watch = null;
        foreach (var path in all)
            watch = await api.Script.NextAsync(path);
        return watch!;
    }

    private static async Task AnswerOthersAsync(FakeApiServer api)
    {
        foreach (var path in Others)
            await (await api.Script.NextAsync(path)).AnswerAsync(ApiText.List(5, null));
    }

    private static Task<WatchBatch> FirstAsync(ClusterWatcher watcher) => watcher.NextBatchAsync(CancellationToken.None).WithinAsync("the first batch");

    /// <summary>The next batch that is not empty: what came while a batch was put together may be in it already.</summary>
    private static async Task<WatchBatch> NextAsync(ClusterWatcher watcher)
    {
        while (true)
        {
            if (await watcher.NextBatchAsync(CancellationToken.None).WithinAsync("a batch") is { Changes.IsEmpty: false } batch)
                return batch;
        }
    }

    private static JsonObject Pod(string name, int version) => ApiText.Object(name, version, "shop", new JsonObject { ["nodeName"] = "n1" });

    private static JsonObject Policy(string name, int version) =>
        ApiText.Object(name, version, "shop", new JsonObject { ["podSelector"] = new JsonObject(), ["policyTypes"] = new JsonArray(version % 2 == 0 ? "Ingress" : "Egress") });

    private static JsonObject Object(string name, int version) =>
        ApiText.Object(name, version, spec: new JsonObject { ["priority"] = 1, ["subject"] = new JsonObject { ["namespaces"] = new JsonObject() } });

    private async Task RunAsync(FakeApiServer api, Func<ClusterWatcher, Task> test, FailingTokenProvider? proof = null, IEnumerable<WatchedResource>? resources = null, TimeProvider? time = null)
    {
        using var client = api.Open(proof);
        using var watcher = new ClusterWatcher(client, resources ?? WatchedResource.All, time ?? _time, (kind, error) => _failures.Enqueue($"{kind}: {error.Message}"), (_, _) => { });
        using var stop = new CancellationTokenSource();
        var run = watcher.RunAsync(stop.Token);
        await test(watcher);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => run.WithinAsync("the watcher to end"));
    }

    private sealed class FailingReader(IObjectReader reader) : IObjectReader<Policy>
    {
        public ResourceType Type => reader.Type;

        public bool Fails { get; set; }

        public Policy? Read(ObjectHeader header) => Fails ? throw new InvalidOperationException("the test fails it") : ((IObjectReader<Policy>)reader).Read(header);
    }
}
