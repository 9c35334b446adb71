using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Policies;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>The watcher against etcd and kube-apiserver themselves.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class ApiServerTests
{
    private static readonly Lazy<Task<PrivateApiServer>> Started = new(() => PrivateApiServer.StartAsync());

    private readonly ConcurrentDictionary<PolicyId, WatchedPolicy> _known = new();
    private readonly ConcurrentQueue<PolicyId> _removed = new();

    [ClassCleanup]
    public static async Task StopAsync()
    {
        if (Started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Started.Value).DisposeAsync();
    }

    [TestMethod]
    public async Task Objects_are_listed_and_followed()
    {
        var server = await Started.Value;
        using var client = new k8s.Kubernetes(server.Configuration);
        await CreateAsync(client, "listed");
        await FollowAsync(server.Configuration, async watcher =>
        {
            await UntilAsync(watcher, "the policy of the list", () => _known.ContainsKey(Id("listed")));
            await CreateAsync(client, "later");
            await UntilAsync(watcher, "the policy that came later", () => _known.ContainsKey(Id("later")));
            var changed = _known[Id("later")];
            await client.NetworkingV1.PatchNamespacedNetworkPolicyAsync(new("""{"spec":{"policyTypes":["Egress"]}}""", V1Patch.PatchType.MergePatch), "later", "default");
            await UntilAsync(watcher, "the change", () => _known[Id("later")].Generation > changed.Generation);
            Assert.IsNull(_known[Id("later")].Policy.Ingress);
            await client.NetworkingV1.DeleteNamespacedNetworkPolicyAsync("listed", "default");
            await UntilAsync(watcher, "the end of the policy", () => _removed.Contains(Id("listed")));
        });
    }

    [TestMethod]
    public async Task An_object_whose_deletion_etcd_compacted_is_removed()
    {
        var server = await Started.Value;
        using var client = new k8s.Kubernetes(server.Configuration);
        await server.KillServerAsync();
        await server.StartServerAsync(watchCache: false);
        await CreateAsync(client, "compacted");
        await using var relay = new TcpRelay(server.Endpoint);
        var failures = new ConcurrentQueue<Exception>();
        await FollowAsync(PrivateApiServer.At(relay.Port), async watcher =>
        {
            await UntilAsync(watcher, "the policy of the list", () => _known.ContainsKey(Id("compacted")));
            relay.Cut();
            await client.NetworkingV1.DeleteNamespacedNetworkPolicyAsync("compacted", "default");
            await CreateAsync(client, "after-compaction");
            await server.CompactAsync();
            relay.Mend();
            await UntilAsync(watcher, "both changes", () => _removed.Contains(Id("compacted")) && _known.ContainsKey(Id("after-compaction")));
        }, failures);
        Assert.IsTrue(failures.OfType<KubernetesApiException>().Any(e => e.IsExpired), string.Join('\n', failures.Select(t => t.Message).Distinct(StringComparer.Ordinal)));
    }

    [TestMethod]
    public async Task Late_definition_is_watched_and_a_server_restart_loses_no_policy()
    {
        var server = await Started.Value;
        using var client = new k8s.Kubernetes(server.Configuration);
        var admin = new PolicyId(PolicyKind.AdminNetworkPolicy, "", "case");
        await FollowAsync(server.Configuration, async watcher =>
        {
            await watcher.NextBatchAsync(CancellationToken.None).WithinAsync("a batch though a definition is missing");
            await server.ApplyAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/adminnetworkpolicies.policy.networking.k8s.io", Repository.Path("crds", "adminnetworkpolicies.yaml"));
            await server.CreateAsync("/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies", Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted", "admin.yaml"));
            await UntilAsync(watcher, "the policy of the new kind", () => _known.ContainsKey(admin));
            for (var round = 0; round < 2; round++)
            {
                await server.KillServerAsync();
                await server.StartServerAsync();
                await CreateAsync(client, $"restarted-{round}");
                await UntilAsync(watcher, "the policy made after the start", () => _known.ContainsKey(Id($"restarted-{round}")));
            }
            Assert.IsEmpty(_removed);
        });
    }

    [TestMethod]
    public async Task Switching_to_a_newer_version_loses_no_policy()
    {
        const string Definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusternetworkpolicies.policy.networking.k8s.io";
        var server = await Started.Value;
        var older = Path.GetTempFileName();
        var lines = (await File.ReadAllLinesAsync(Repository.Path("crds", "clusternetworkpolicies.yaml"))).ToList();
        var second = lines.FindLastIndex(l => l.Contains("- name: v1alpha2", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(older, lines.Take(second).Select(l => l.Replace("- name: v1beta1", "- name: v1alpha2", StringComparison.Ordinal)));
        var policy = new PolicyId(PolicyKind.ClusterNetworkPolicy, "", "case");
        await server.ApplyAsync(Definition, older);
        File.Delete(older);
        await FollowAsync(server.Configuration, async watcher =>
        {
            await server.CreateAsync("/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies", Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted", "cluster-v1alpha2.yaml"));
            await UntilAsync(watcher, "the policy of the older version", () => _known.ContainsKey(policy));
            Assert.AreEqual("v1alpha2", Version(watcher));
            await server.ApplyAsync(Definition, Repository.Path("crds", "clusternetworkpolicies.yaml"));
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (!string.Equals(Version(watcher), "v1beta1", StringComparison.Ordinal))
            {
                timeout.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
            using var client = new k8s.Kubernetes(server.Configuration);
            await client.CustomObjects.DeleteClusterCustomObjectAsync("policy.networking.k8s.io", "v1beta1", "clusternetworkpolicies", "case");
            await UntilAsync(watcher, "the end of the policy", () => _removed.Contains(policy));
            Assert.HasCount(1, _removed);
        });

        static string? Version(ClusterWatcher watcher) => watcher.States.Single(s => s.Kind is "ClusterNetworkPolicy").Version;
    }

    private static PolicyId Id(string name) => new(PolicyKind.NetworkPolicy, "default", name);

    private static Task<V1NetworkPolicy> CreateAsync(k8s.Kubernetes client, string name) => client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(
        new() { Metadata = new() { Name = name }, Spec = new() { PodSelector = new(), PolicyTypes = ["Ingress"] } }, "default");

    private async Task UntilAsync(ClusterWatcher watcher, string what, Func<bool> there)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!there())
        {
            foreach (var (id, policy) in await TakeAsync(watcher, what, timeout.Token))
            {
                if (policy is not null)
                    _known[id] = policy;
                else if (_known.TryRemove(id, out _))
                    _removed.Enqueue(id);
            }
        }
    }

    private static async Task<IEnumerable<KeyValuePair<PolicyId, WatchedPolicy?>>> TakeAsync(ClusterWatcher watcher, string what, CancellationToken timeout)
    {
        try
        {
            return (await watcher.NextBatchAsync(timeout)).Policies;
        }
        catch (OperationCanceledException error)
        {
            throw new AssertFailedException($"waited 60 s for {what}", error);
        }
    }

    private async Task FollowAsync(KubernetesClientConfiguration configuration, Func<ClusterWatcher, Task> test, ConcurrentQueue<Exception>? failures = null)
    {
        using var api = new KubernetesApi(configuration);
        using var watcher = new ClusterWatcher(api, TimeProvider.System, (_, error) => failures?.Enqueue(error), (_, _) => { });
        using var stop = new CancellationTokenSource();
        var run = watcher.RunAsync(stop.Token);
        await test(watcher);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => run.WithinAsync("the watcher to end"));
    }
}
