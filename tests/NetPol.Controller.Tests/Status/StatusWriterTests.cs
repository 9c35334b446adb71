using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Controller.Watch;
using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Testing.Clusters;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Status;

/// <summary>What the leader writes, in a real API server.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class StatusWriterTests
{
    private const string Group = "policy.networking.k8s.io";
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ControllerOptions Options = new() { Name = "one" };

    private readonly FakeTimeProvider _time = new(Start);
    private readonly ClusterInventory _inventory;
    private IReadOnlyList<ResourceWatchState> _kinds = [new("AdminNetworkPolicy", true, 1, 0, null, "v1alpha1", [])];
    private readonly RuleSetStore _store;

    public StatusWriterTests()
    {
        _store = new(TestControllerMetrics.New(), _time);
        _inventory = new(() => _kinds);
    }

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public async Task Conditions_turn_when_they_turn_and_a_new_leader_writes_nothing_again()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        await server.ApplyAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/adminnetworkpolicies.policy.networking.k8s.io", Repository.Path("crds", "adminnetworkpolicies.yaml"));
        await server.CreateAsync($"/apis/{Group}/v1alpha1/adminnetworkpolicies", Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted", "admin.yaml"));
        using var leadership = await LeadAsync(client);
        _inventory.Apply(Batch(Watched(new(PolicyKind.AdminNetworkPolicy, "", "case"))), 1);

        using var first = Writer(client, leadership);
        await first.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, Programmed True 2026-01-02T03:04:05Z", Reported(await PolicyAsync(client)));

        // A node comes that no agent serves yet.
        _time.Advance(TimeSpan.FromMinutes(1));
        _inventory.Apply(Batch(new Node("n1", Labels.None, [])), 2);
        await first.WriteStatusAsync(TestContext.CancellationToken);
        var turned = await PolicyAsync(client);
        Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, Programmed False 2026-01-02T03:05:05Z", Reported(turned));

        // Another replica takes over, which has written nothing yet.
        _time.Advance(TimeSpan.FromMinutes(1));
        using var second = Writer(client, leadership);
        await second.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual(Version(turned), Version(await PolicyAsync(client)));
        Assert.AreEqual("programmed on 0 of 1 nodes at generation 1 (checked 2026-01-02T03:05:05Z)", Programmed(turned));
    }

    [TestMethod]
    public async Task Conditions_are_written_in_the_version_that_is_watched_and_nowhere_while_none_is()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        await server.ApplyAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/clusternetworkpolicies.policy.networking.k8s.io", Repository.Path("crds", "clusternetworkpolicies.yaml"));
        await server.CreateAsync($"/apis/{Group}/v1beta1/clusternetworkpolicies", Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted", "cluster.yaml"));
        using var leadership = await LeadAsync(client);
        _inventory.Apply(Batch(Watched(new(PolicyKind.ClusterNetworkPolicy, "", "case"))), 1);
        Serve(null);
        using var writer = Writer(client, leadership);

        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1beta1 without status", await WrittenAsync(), "no version is read");
        Serve("v1alpha2");
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1alpha2 wrote Accepted True 2026-01-02T03:04:05Z, Programmed True 2026-01-02T03:04:05Z", await WrittenAsync());
        Serve("v1beta1");
        _time.Advance(TimeSpan.FromMinutes(1));
        _inventory.Apply(Batch(new Node("n1", Labels.None, [])), 2);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1beta1 wrote Accepted True 2026-01-02T03:04:05Z, Programmed False 2026-01-02T03:05:05Z", await WrittenAsync());

        async Task<string> WrittenAsync()
        {
            var policy = (JsonElement)await client.CustomObjects.GetClusterCustomObjectAsync(Group, "v1beta1", "clusternetworkpolicies", "case", TestContext.CancellationToken);
            var wrote = policy.GetProperty("metadata").GetProperty("managedFields").EnumerateArray().Where(f => f.GetProperty("manager").GetString() is "netpol").Select(f => f.GetProperty("apiVersion").GetString()!.Split('/')[1]);
            return policy.TryGetProperty("status", out _) ? $"{string.Join(' ', wrote)} wrote {Reported(policy)}" : "v1beta1 without status";
        }
    }

    [TestMethod]
    public async Task The_leader_renews_the_time_of_the_check_so_that_a_condition_without_a_controller_grows_old()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        await server.ApplyAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/adminnetworkpolicies.policy.networking.k8s.io", Repository.Path("crds", "adminnetworkpolicies.yaml"));
        await server.CreateAsync($"/apis/{Group}/v1alpha1/adminnetworkpolicies", Repository.Path("tests", "NetPol.Kubernetes.Tests", "Crds", "accepted", "admin.yaml"));
        using var leadership = await LeadAsync(client);
        _inventory.Apply(Batch(Watched(new(PolicyKind.AdminNetworkPolicy, "", "case"))), 1);
        using var writer = Writer(client, leadership);
        string[] expected = ["03:04:05", "03:04:05", "03:09:05", "03:09:05", "03:14:05"];
        foreach (var time in expected)
        {
            await writer.WriteStatusAsync(TestContext.CancellationToken);
            var policy = await PolicyAsync(client);
            Assert.AreEqual($"programmed on 0 of 0 nodes at generation 1 (checked 2026-01-02T{time}Z)", Programmed(policy));
            Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, Programmed True 2026-01-02T03:04:05Z", Reported(policy));
            _time.Advance(TimeSpan.FromMinutes(2.5));
        }
    }

    [TestMethod]
    public async Task A_faulty_policy_without_a_status_gets_one_event_for_each_form_of_it()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var fault = new Diagnostic("unknown-operator", Severity.Error, new("cluster", 0), "NetworkPolicy default/old", "spec.podSelector", "not an operator");
        var policy = Watched(new(PolicyKind.NetworkPolicy, "default", "old"), fault);
        _inventory.Apply(Batch(policy), 1);

        using var writer = Writer(client, leadership);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        var reported = Assert.ContainsSingle(await EventsAsync(client));
        Assert.AreEqual("Warning InvalidPolicy NetworkPolicy default/old", $"{reported.Type} {reported.Reason} {reported.InvolvedObject.Kind} {reported.InvolvedObject.NamespaceProperty}/{reported.InvolvedObject.Name}");
        Assert.Contains("spec.podSelector: not an operator", reported.Message);

        _inventory.Apply(Batch(policy with { Generation = policy.Generation + 1 }), 2);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.HasCount(2, await EventsAsync(client));
    }

    [TestMethod]
    public async Task An_isolated_policy_without_a_status_gets_one_event_for_each_form_of_it()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var watched = Watched(new(PolicyKind.NetworkPolicy, "default", "bad"));
        var policy = watched with { Policy = watched.Policy with { Isolation = new(IsolationDegree.AllowsNothing, "it cannot be compiled: a test") } };
        _inventory.Apply(Batch(policy), 1);

        using var writer = Writer(client, leadership);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        var reported = Assert.ContainsSingle(await EventsAsync(client));
        Assert.AreEqual(
            "Warning Isolated NetworkPolicy default/bad it cannot be compiled: a test. It isolates its pods and allows nothing until the policy changes; rewrite the policy",
            $"{reported.Type} {reported.Reason} {reported.InvolvedObject.Kind} {reported.InvolvedObject.NamespaceProperty}/{reported.InvolvedObject.Name} {reported.Message}");
    }

    [TestMethod]
    public async Task A_namespace_that_exceeds_its_budget_gets_one_event()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        foreach (var space in (string[])[Options.Namespace, MultiplyingPolicies.Tenant])
            await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var cluster = MultiplyingPolicies.OfNetworks(20, 50);
        _store.Apply(ClusterChanges.FromEmptyTo(cluster), Start);
        foreach (var policy in cluster.Policies)
            _inventory.Apply(Batch(Watched(policy.Id)), 1);

        using var writer = Writer(client, leadership);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        var reported = Assert.ContainsSingle(await EventsAsync(client, MultiplyingPolicies.Tenant));
        Assert.AreEqual("Warning BudgetExceeded tenant/networks-0", $"{reported.Type} {reported.Reason} {reported.InvolvedObject.NamespaceProperty}/{reported.InvolvedObject.Name}");
        Assert.Contains("more than 20,000 port ranges", reported.Message);
        Assert.Contains("--namespace-port-ranges", reported.Message);
    }

    [TestMethod]
    public async Task A_refused_status_of_one_policy_does_not_delay_others_and_is_retried()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var fault = new Diagnostic("unknown-operator", Severity.Error, new("cluster", 0), "", "spec.podSelector", "not an operator");
        string[] namespaces = ["absent", "default", "later"];
        foreach (var space in namespaces)
            _inventory.Apply(Batch(Watched(new(PolicyKind.NetworkPolicy, space, "old"), fault) with { Uid = space }), 1);

        using var writer = Writer(client, leadership);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.ContainsSingle(await EventsAsync(client));

        foreach (var space in namespaces.Except(["default"]))
            await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: TestContext.CancellationToken);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        foreach (var space in namespaces)
            Assert.ContainsSingle(await EventsAsync(client, space));
    }

    [TestMethod]
    public async Task The_leader_removes_reports_by_their_age_alone_and_who_reads_removes_none()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Options.Namespace } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var (now, past) = ($"{Start:O}", $"{Start.AddMinutes(-11):O}");
        var there = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["garbage"] = "{",
            ["newer"] = $$"""{"at":"{{now}}","agents":"in another form"}""",
            ["newer-past"] = $$"""{"at":"{{past}}","agents":"in another form"}""",
            ["past"] = $$$"""{"at":"{{{past}}}","isLeader":false,"revision":1,"agents":[],"policies":{}}""",
        };
        await client.CoreV1.CreateNamespacedConfigMapAsync(new() { Metadata = new() { Name = "netpol-state" }, Data = there }, Options.Namespace, cancellationToken: TestContext.CancellationToken);

        Assert.IsEmpty(await new ReplicaReportStore(client, Options).ReadAsync(Start, TestContext.CancellationToken));
        Assert.AreEqual("garbage newer newer-past past", await ReportedAsync(client));
        using var writer = Writer(client, leadership);
        await writer.WriteStatusAsync(TestContext.CancellationToken);
        Assert.AreEqual("garbage newer one", await ReportedAsync(client));
    }

    private void Serve(string? version) => _kinds = [new("ClusterNetworkPolicy", true, 1, 0, null, version, version is null ? ["v1"] : [])];

    private static async Task<string> ReportedAsync(k8s.Kubernetes client) =>
        string.Join(' ', (await client.CoreV1.ReadNamespacedConfigMapAsync("netpol-state", Options.Namespace)).Data.Keys.Order(StringComparer.Ordinal));

    private static WatchedPolicy Watched(PolicyId id, params Diagnostic[] diagnostics) =>
        new(new(id, id.Kind == PolicyKind.NetworkPolicy ? Tier.NetworkPolicy : Tier.Admin, 10, PodSelection.InNamespace("shop", LabelSelector.Everything), [], null), "uid", 1, [.. diagnostics]);

    private static WatchBatch Batch(WatchedPolicy policy) => new(new(), [new(policy.Policy.Id, policy)], Start);

    private static WatchBatch Batch(Node node) => new(new() { Nodes = [new(node.Name, node)] }, [], Start);

    private static async Task<JsonElement> PolicyAsync(k8s.Kubernetes client) =>
        (JsonElement)await client.CustomObjects.GetClusterCustomObjectAsync(Group, "v1alpha1", "adminnetworkpolicies", "case");

    private static async Task<IList<Corev1Event>> EventsAsync(k8s.Kubernetes client, string space = "default") => (await client.CoreV1.ListNamespacedEventAsync(space)).Items;

    private static string Reported(JsonElement policy) => string.Join(", ", policy.GetProperty("status").GetProperty("conditions").EnumerateArray()
        .Select(c => $"{c.GetProperty("type")} {c.GetProperty("status")} {c.GetProperty("lastTransitionTime")}"));

    private static string? Programmed(JsonElement policy) => policy.GetProperty("status").GetProperty("conditions").EnumerateArray()
        .Single(c => c.GetProperty("type").ValueEquals("Programmed")).GetProperty("message").GetString();

    private static string? Version(JsonElement policy) => policy.GetProperty("metadata").GetProperty("resourceVersion").GetString();

    private StatusWriter Writer(k8s.Kubernetes client, LeaderElectionService leadership) => new(
        client, Options, _store, new AgentRegistry(), _inventory, leadership, new ReplicaReportStore(client, Options), TestControllerMetrics.New(), _time, NullLogger<StatusWriter>.Instance);

    private async Task<LeaderElectionService> LeadAsync(k8s.Kubernetes client)
    {
        var log = new LineLog<LeaderElectionService>();
        var leadership = new LeaderElectionService(client, Options, TimeProvider.System, log);
        await leadership.StartAsync(TestContext.CancellationToken);
        await log.UntilAsync("it leads", () => leadership.IsLeader);
        return leadership;
    }
}
