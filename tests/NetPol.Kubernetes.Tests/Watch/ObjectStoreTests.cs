using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using NetPol.Compiler;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Tests.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Testing.ApiServer;

namespace NetPol.Kubernetes.Tests.Watch;

[TestClass, TestCategory("Unit")]
public sealed class ObjectStoreTests
{
    private readonly ObjectStore<PodId, Pod> _pods;
    private readonly ObjectStore<PolicyId, WatchedPolicy> _policies;
    private const string Anyone = """{"podSelector":{},"ingress":[{}]}""";
    private int _changes;

    public ObjectStoreTests()
    {
        _pods = new(live => ReceivedObjectReader.Read(ResourceTypes.Pods, live, []) is { Pod: var pod } ? (pod.Id, pod) : null, () => _changes++, (_, _, _) => null);
        _policies = new(ReadPolicy, () => _changes++, (_, _, _) => null);
    }

    [TestMethod]
    public void Unreadable_policy_allows_nothing_and_stops_no_other()
    {
        var fails = true;
        var store = new ObjectStore<PolicyId, WatchedPolicy>(
            live => fails && live.Name is "bad" ? throw new InvalidOperationException("the test fails it") : ReadPolicy(live),
            () => _changes++,
            (live, before, error) => UnreadablePolicy.CreateReplacement(PolicyKind.NetworkPolicy, live, before, error) is var instead ? (instead.Policy.Id, instead) : null);
        store.Replace([Policy("bad", Anyone, 1), Policy("good", Anyone, 2)]);
        var taken = store.TakeChanges().ToDictionary(p => p.Key.Name, p => p.Value!, StringComparer.Ordinal);
        Assert.IsNull(taken["good"].Policy.Isolation);
        Assert.AreEqual("it cannot be read: the test fails it", taken["bad"].Policy.Isolation!.Reason);
        Assert.AreEqual((PodSelection.InNamespace("shop", LabelSelector.Everything), 0, 0), (taken["bad"].Policy.Subject, taken["bad"].Policy.Ingress!.Value.Count, taken["bad"].Policy.Egress!.Value.Count));
        fails = false;
        store.AddOrUpdate(Policy("bad", Anyone, 3));
        var whole = store.TakeChanges().Single().Value!;
        Assert.IsNull(whole.Policy.Isolation);
        fails = true;
        store.AddOrUpdate(Policy("bad", Anyone, 4));
        Assert.AreEqual(whole.Policy, store.TakeChanges().Single().Value!.Policy with { Isolation = null });
    }

    [TestMethod]
    public void Policy_that_is_nested_too_deep_allows_nothing()
    {
        var store = new ObjectStore<PolicyId, WatchedPolicy>(
            ReadPolicy, () => _changes++, (live, before, error) => UnreadablePolicy.CreateReplacement(PolicyKind.NetworkPolicy, live, before, error) is var instead ? (instead.Policy.Id, instead) : null);
        var deep = $$$"""{"metadata":{"namespace":"shop","name":"deep"},"spec":{"podSelector":{},"unknown":{{{new string('[', 200)}}}{{{new string(']', 200)}}}}}""";
        store.Replace([Policy("deep", Anyone, 1) with { Json = Encoding.UTF8.GetBytes(deep) }]);
        var policy = store.TakeChanges().Single().Value!.Policy;
        Assert.AreEqual(0, policy.Ingress!.Value.Count);
        Assert.Contains("nested more than 100 deep", policy.Isolation!.Reason);
    }

    private static (PolicyId, WatchedPolicy)? ReadPolicy(ReceivedObject live) =>
        WatchedPolicy.Read((IObjectReader<Policy>)ResourceTypes.FindReader("NetworkPolicy")!, live) is { } read ? (read.Policy.Id, read) : null;

    [TestMethod]
    public void An_object_that_is_not_in_a_list_is_removed_and_the_rest_is_no_change()
    {
        _pods.Replace([Pod("a", 1), Pod("b", 2)]);
        Assert.AreEqual("a, b", Names(_pods.TakeChanges()));
        _pods.Replace([Pod("b", 2), Pod("c", 3)]);
        Assert.AreEqual("-a, c", Names(_pods.TakeChanges()));
        Assert.AreEqual(2, _changes);
    }

    [TestMethod]
    public void First_empty_list_is_a_change_and_the_second_is_not()
    {
        Assert.IsFalse(_pods.IsSynced);
        _pods.Replace([]);
        Assert.IsTrue(_pods.IsSynced);
        _pods.Replace([]);
        Assert.AreEqual(1, _changes);
    }

    [TestMethod]
    public void The_same_version_twice_changes_nothing()
    {
        _pods.AddOrUpdate(Pod("a", 7, "10.0.0.1"));
        _pods.TakeChanges();
        _pods.AddOrUpdate(Pod("a", 7, "10.0.0.99"));
        Assert.AreEqual("", Names(_pods.TakeChanges()));
        Assert.AreEqual(1, _changes);
    }

    [TestMethod]
    public void Heartbeats_and_restarts_of_a_pod_are_no_changes()
    {
        _pods.AddOrUpdate(Pod("a", 1, "10.0.0.1"));
        _pods.TakeChanges();
        for (var version = 2; version < 20; version++)
            _pods.AddOrUpdate(Pod("a", version, "10.0.0.1", restarts: version));
        Assert.AreEqual(1, _changes);
        _pods.AddOrUpdate(Pod("a", 20, "10.0.0.2"));
        Assert.AreEqual("a", Names(_pods.TakeChanges()));
    }

    [TestMethod]
    public void A_pod_that_came_and_went_between_two_looks_is_removed()
    {
        _pods.AddOrUpdate(Pod("a", 1));
        _pods.Remove(Pod("a", 2));
        Assert.AreEqual("-a", Names(_pods.TakeChanges()));
        _pods.Remove(Pod("a", 3));
        Assert.AreEqual("", Names(_pods.TakeChanges()));
        _pods.AddOrUpdate(Pod("a", 2));
        Assert.AreEqual("a", Names(_pods.TakeChanges()));
    }

    [TestMethod]
    public void Policy_with_an_unknown_operator_fails_closed()
    {
        _policies.AddOrUpdate(Policy("odd", """{"podSelector":{"matchExpressions":[{"key":"app","operator":"Near","values":["x"]}]},"ingress":[{}]}"""));
        var (id, watched) = _policies.TakeChanges().Single();
        Assert.AreEqual(new(PolicyKind.NetworkPolicy, "shop", "odd"), id);
        Assert.AreEqual("NetworkPolicy of all pods of shop: ingress nothing, egress something", Describe(watched!.Policy));
        Assert.AreEqual("invalid-selector", watched.Diagnostics.Single(d => d.Severity == Severity.Error).Code);
    }

    [TestMethod]
    public void Policy_that_turns_faulty_fails_closed()
    {
        _policies.AddOrUpdate(Policy("p", """{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"],"ingress":[{}]}"""));
        _policies.TakeChanges();
        _policies.AddOrUpdate(Policy("p", "\"nonsense\"", 2));
        Assert.AreEqual("NetworkPolicy of all pods of shop: ingress nothing, egress nothing", Describe(_policies.TakeChanges().Single().Value!.Policy));
    }

    [TestMethod]
    public void A_pod_with_as_many_labels_as_etcd_takes_keeps_them()
    {
        var labels = new JsonObject(Enumerable.Range(0, 100_000).Select(i => KeyValuePair.Create<string, JsonNode?>($"k{i}", $"v{i}")));
        var pod = ApiText.Object("a", 1, "shop", new JsonObject { ["nodeName"] = "n1" });
        pod["metadata"]!["labels"] = labels;
        _pods.AddOrUpdate(Of(pod));
        Assert.AreEqual("v99999", _pods.TakeChanges().Single().Value!.Labels["k99999"]);
    }

    [TestMethod]
    public void Policy_with_ten_thousand_peers_is_compiled()
    {
        var rules = new JsonArray([.. Enumerable.Range(0, 100).Select(rule => (JsonNode)new JsonObject
        {
            ["from"] = new JsonArray([.. Enumerable.Range(0, 100).Select(peer => (JsonNode)new JsonObject
            {
                ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = $"a{rule}-{peer}" } },
            })]),
            ["ports"] = new JsonArray(new JsonObject { ["port"] = rule + 1 }),
        })]);
        var spec = new JsonObject { ["podSelector"] = new JsonObject(), ["ingress"] = rules };
        _policies.AddOrUpdate(Policy("large", spec.ToJsonString()));
        var policy = _policies.TakeChanges().Single().Value!.Policy;
        Assert.AreEqual(100, policy.Ingress!.Value.Count);
        Assert.IsTrue(policy.Ingress.Value.All(r => r.Peers.Count == 100));
        var node = new Node("n1", Labels.None, [IpAddress.Parse("192.0.2.1")]);
        var pods = Enumerable.Range(0, 100).Select(i => new Pod(new("shop", $"p{i}"), Labels.Create(("app", $"a{i}-7")), "n1", [new(IpFamily.V4, (UInt128)(0x0A000000 + i))], []));
        var rulesOfNode = PolicyCompiler.Compile(ClusterSnapshot.Create([new("shop", Labels.None)], pods, [node], [policy]))[0];
        Assert.IsGreaterThanOrEqualTo(100, rulesOfNode.PodIngress.Identities.Count);
    }

    private static ReceivedObject Pod(string name, int version, string? address = null, int restarts = 0)
    {
        var pod = ApiText.Object(name, version, "shop", new JsonObject { ["nodeName"] = "n1" });
        pod["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = address,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["lastProbeTime"] = $"{version}" }),
            ["containerStatuses"] = new JsonArray(new JsonObject { ["restartCount"] = restarts }),
        };
        return Of(pod);
    }

    private static ReceivedObject Policy(string name, [StringSyntax(StringSyntaxAttribute.Json)] string spec, int version = 1)
    {
        var policy = ApiText.Object(name, version, "shop");
        policy["spec"] = JsonNode.Parse(spec);
        return Of(policy);
    }

    private static ReceivedObject Of(JsonObject live) => TestClients.Receive(live.ToJsonString());

    private static string Names(ValueArray<KeyValuePair<PodId, Pod?>> changes) =>
        string.Join(", ", changes.Select(c => (c.Value is null ? "-" : "") + c.Key.Name).Order(StringComparer.Ordinal));

    private static string Describe(Policy policy) =>
        $"{policy.Tier} of {(policy.Subject == PodSelection.InNamespace("shop", LabelSelector.Everything) ? "all pods of shop" : "some pods")}: " +
        $"ingress {(policy.Ingress is { IsEmpty: true } ? "nothing" : "something")}, egress {(policy.Egress is { IsEmpty: true } ? "nothing" : "something")}";
}
