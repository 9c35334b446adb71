using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Leading;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Watching;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Testing;

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
    private IReadOnlyList<KindState> _kinds = [new("AdminNetworkPolicy", true, 1, 0, null, "v1alpha1", [])];
    private readonly RuleBook _book;

    public StatusWriterTests()
    {
        _book = new(TestMeter.New(), _time);
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
        await first.LookAsync(TestContext.CancellationToken);
        Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, InForce True 2026-01-02T03:04:05Z", Told(await PolicyAsync(client)));

        // A node comes that no agent serves yet.
        _time.Advance(TimeSpan.FromMinutes(1));
        _inventory.Apply(Batch(new Node("n1", Labels.None, [])), 2);
        await first.LookAsync(TestContext.CancellationToken);
        var turned = await PolicyAsync(client);
        Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, InForce False 2026-01-02T03:05:05Z", Told(turned));

        // Another replica takes over, which has written nothing yet.
        _time.Advance(TimeSpan.FromMinutes(1));
        using var second = Writer(client, leadership);
        await second.LookAsync(TestContext.CancellationToken);
        Assert.AreEqual(Version(turned), Version(await PolicyAsync(client)));
        Assert.AreEqual("in force on 0 of 1 nodes at generation 1 (checked 2026-01-02T03:05:05Z)", InForce(turned));
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

        await writer.LookAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1beta1 without status", await WrittenAsync(), "no version is read");
        Serve("v1alpha2");
        await writer.LookAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1alpha2 wrote Accepted True 2026-01-02T03:04:05Z, InForce True 2026-01-02T03:04:05Z", await WrittenAsync());
        Serve("v1beta1");
        _time.Advance(TimeSpan.FromMinutes(1));
        _inventory.Apply(Batch(new Node("n1", Labels.None, [])), 2);
        await writer.LookAsync(TestContext.CancellationToken);
        Assert.AreEqual("v1beta1 wrote Accepted True 2026-01-02T03:04:05Z, InForce False 2026-01-02T03:05:05Z", await WrittenAsync());

        async Task<string> WrittenAsync()
        {
            var policy = (JsonElement)await client.CustomObjects.GetClusterCustomObjectAsync(Group, "v1beta1", "clusternetworkpolicies", "case", TestContext.CancellationToken);
            var wrote = policy.GetProperty("metadata").GetProperty("managedFields").EnumerateArray().Where(f => f.GetProperty("manager").GetString() is "netpol").Select(f => f.GetProperty("apiVersion").GetString()!.Split('/')[1]);
            return policy.TryGetProperty("status", out _) ? $"{string.Join(' ', wrote)} wrote {Told(policy)}" : "v1beta1 without status";
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
            await writer.LookAsync(TestContext.CancellationToken);
            var policy = await PolicyAsync(client);
            Assert.AreEqual($"in force on 0 of 0 nodes at generation 1 (checked 2026-01-02T{time}Z)", InForce(policy));
            Assert.AreEqual("Accepted True 2026-01-02T03:04:05Z, InForce True 2026-01-02T03:04:05Z", Told(policy));
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
        await writer.LookAsync(TestContext.CancellationToken);
        await writer.LookAsync(TestContext.CancellationToken);
        var told = Assert.ContainsSingle(await EventsAsync(client));
        Assert.AreEqual("Warning NotHonoured NetworkPolicy default/old", $"{told.Type} {told.Reason} {told.InvolvedObject.Kind} {told.InvolvedObject.NamespaceProperty}/{told.InvolvedObject.Name}");
        Assert.Contains("spec.podSelector: not an operator", told.Message);

        _inventory.Apply(Batch(policy with { Generation = policy.Generation + 1 }), 2);
        await writer.LookAsync(TestContext.CancellationToken);
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
        await writer.LookAsync(TestContext.CancellationToken);
        await writer.LookAsync(TestContext.CancellationToken);
        var told = Assert.ContainsSingle(await EventsAsync(client));
        Assert.AreEqual(
            "Warning Isolated NetworkPolicy default/bad it cannot be compiled: a test. It isolates its pods and allows nothing until the policy changes; write it otherwise",
            $"{told.Type} {told.Reason} {told.InvolvedObject.Kind} {told.InvolvedObject.NamespaceProperty}/{told.InvolvedObject.Name} {told.Message}");
    }

    [TestMethod]
    public async Task A_namespace_that_exceeds_its_budget_gets_one_event()
    {
        await using var server = await PrivateApiServer.StartAsync();
        using var client = new k8s.Kubernetes(server.Configuration);
        foreach (var space in (string[])[Options.Namespace, MultiplyingPolicies.Tenant])
            await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: TestContext.CancellationToken);
        using var leadership = await LeadAsync(client);
        var world = MultiplyingPolicies.OfNetworks(20, 50);
        _book.Apply(ClusterChanges.ToGetTo(world), Start);
        foreach (var policy in world.Policies)
            _inventory.Apply(Batch(Watched(policy.Id)), 1);

        using var writer = Writer(client, leadership);
        await writer.LookAsync(TestContext.CancellationToken);
        await writer.LookAsync(TestContext.CancellationToken);
        var told = Assert.ContainsSingle(await EventsAsync(client, MultiplyingPolicies.Tenant));
        Assert.AreEqual("Warning BudgetExceeded tenant/networks-0", $"{told.Type} {told.Reason} {told.InvolvedObject.NamespaceProperty}/{told.InvolvedObject.Name}");
        Assert.Contains("more than 20,000 port ranges", told.Message);
        Assert.Contains("--namespace-port-ranges", told.Message);
    }

    [TestMethod]
    public async Task What_the_server_refuses_to_take_of_one_policy_keeps_no_other_from_being_told_and_is_told_later()
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
        await writer.LookAsync(TestContext.CancellationToken);
        Assert.ContainsSingle(await EventsAsync(client));

        foreach (var space in namespaces.Except(["default"]))
            await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: TestContext.CancellationToken);
        await writer.LookAsync(TestContext.CancellationToken);
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
            ["past"] = $$$"""{"at":"{{{past}}}","leads":false,"revision":1,"agents":[],"policies":{}}""",
        };
        await client.CoreV1.CreateNamespacedConfigMapAsync(new() { Metadata = new() { Name = "netpol-state" }, Data = there }, Options.Namespace, cancellationToken: TestContext.CancellationToken);

        Assert.IsEmpty(await new ReplicaReports(client, Options).ReadAsync(Start, TestContext.CancellationToken));
        Assert.AreEqual("garbage newer newer-past past", await ReportedAsync(client));
        using var writer = Writer(client, leadership);
        await writer.LookAsync(TestContext.CancellationToken);
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

    private static string Told(JsonElement policy) => string.Join(", ", policy.GetProperty("status").GetProperty("conditions").EnumerateArray()
        .Select(c => $"{c.GetProperty("type")} {c.GetProperty("status")} {c.GetProperty("lastTransitionTime")}"));

    private static string? InForce(JsonElement policy) => policy.GetProperty("status").GetProperty("conditions").EnumerateArray()
        .Single(c => c.GetProperty("type").ValueEquals("InForce")).GetProperty("message").GetString();

    private static string? Version(JsonElement policy) => policy.GetProperty("metadata").GetProperty("resourceVersion").GetString();

    private StatusWriter Writer(k8s.Kubernetes client, Leadership leadership) => new(
        client, Options, _book, new AgentRegistry(), _inventory, leadership, new ReplicaReports(client, Options), TestMeter.New(), _time, NullLogger<StatusWriter>.Instance);

    private async Task<Leadership> LeadAsync(k8s.Kubernetes client)
    {
        var log = new LineLog<Leadership>();
        var leadership = new Leadership(client, Options, TimeProvider.System, log);
        await leadership.StartAsync(TestContext.CancellationToken);
        await log.UntilAsync("it leads", () => leadership.Leads);
        return leadership;
    }
}
