using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using NetPol.Compiler;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Watching;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Tests.Watching;

[TestClass, TestCategory("Unit")]
public sealed class KindStoreTests
{
    private readonly KindStore<PodId, Pod> _pods;
    private readonly KindStore<PolicyId, WatchedPolicy> _policies;
    private const string Anyone = """{"podSelector":{},"ingress":[{}]}""";
    private int _changes;

    public KindStoreTests()
    {
        _pods = new(live => LiveObject.Read(ResourceTypes.Pods, live, []) is { Pod: var pod } ? (pod.Id, pod) : null, () => _changes++, (_, _, _) => null);
        _policies = new(ReadPolicy, () => _changes++, (_, _, _) => null);
    }

    [TestMethod]
    public void An_object_that_cannot_be_read_stops_no_other_and_a_policy_then_allows_nothing()
    {
        var fails = true;
        var store = new KindStore<PolicyId, WatchedPolicy>(
            live => fails && live.Name is "bad" ? throw new InvalidOperationException("the test fails it") : ReadPolicy(live),
            () => _changes++,
            (live, before, error) => UnreadablePolicy.Instead(PolicyKind.NetworkPolicy, live, before, error) is var instead ? (instead.Policy.Id, instead) : null);
        store.Replace([Policy("bad", Anyone, 1), Policy("good", Anyone, 2)]);
        var taken = store.Take().ToDictionary(p => p.Key.Name, p => p.Value!, StringComparer.Ordinal);
        Assert.IsNull(taken["good"].Policy.Isolation);
        Assert.AreEqual("it cannot be read: the test fails it", taken["bad"].Policy.Isolation!.Reason);
        Assert.AreEqual((PodSelection.InNamespace("shop", LabelSelector.Everything), 0, 0), (taken["bad"].Policy.Subject, taken["bad"].Policy.Ingress!.Value.Count, taken["bad"].Policy.Egress!.Value.Count));
        fails = false;
        store.Put(Policy("bad", Anyone, 3));
        var whole = store.Take().Single().Value!;
        Assert.IsNull(whole.Policy.Isolation);
        fails = true;
        store.Put(Policy("bad", Anyone, 4));
        Assert.AreEqual(whole.Policy, store.Take().Single().Value!.Policy with { Isolation = null });
    }

    private static (PolicyId, WatchedPolicy)? ReadPolicy(WatchedObject live) =>
        WatchedPolicy.Read((IObjectReader<Policy>)ResourceTypes.FindReader("NetworkPolicy")!, live) is { } read ? (read.Policy.Id, read) : null;

    [TestMethod]
    public void What_is_not_in_a_list_is_gone_and_the_rest_is_no_change()
    {
        _pods.Replace([Pod("a", 1), Pod("b", 2)]);
        Assert.AreEqual("a, b", Names(_pods.Take()));
        _pods.Replace([Pod("b", 2), Pod("c", 3)]);
        Assert.AreEqual("-a, c", Names(_pods.Take()));
        Assert.AreEqual(2, _changes);
    }

    [TestMethod]
    public void The_first_list_is_news_though_it_is_empty_and_the_second_is_not()
    {
        Assert.IsFalse(_pods.Synced);
        _pods.Replace([]);
        Assert.IsTrue(_pods.Synced);
        _pods.Replace([]);
        Assert.AreEqual(1, _changes);
    }

    [TestMethod]
    public void The_same_version_twice_changes_nothing()
    {
        _pods.Put(Pod("a", 7, "10.0.0.1"));
        _pods.Take();
        _pods.Put(Pod("a", 7, "10.0.0.99"));
        Assert.AreEqual("", Names(_pods.Take()));
        Assert.AreEqual(1, _changes);
    }

    [TestMethod]
    public void Heartbeats_and_restarts_of_a_pod_are_no_changes()
    {
        _pods.Put(Pod("a", 1, "10.0.0.1"));
        _pods.Take();
        for (var version = 2; version < 20; version++)
            _pods.Put(Pod("a", version, "10.0.0.1", restarts: version));
        Assert.AreEqual(1, _changes);
        _pods.Put(Pod("a", 20, "10.0.0.2"));
        Assert.AreEqual("a", Names(_pods.Take()));
    }

    [TestMethod]
    public void A_pod_that_came_and_went_between_two_looks_is_gone()
    {
        _pods.Put(Pod("a", 1));
        _pods.Remove(Pod("a", 2));
        Assert.AreEqual("-a", Names(_pods.Take()));
        _pods.Remove(Pod("a", 3));
        Assert.AreEqual("", Names(_pods.Take()));
        _pods.Put(Pod("a", 2));
        Assert.AreEqual("a", Names(_pods.Take()));
    }

    [TestMethod]
    public void A_policy_with_an_operator_that_nobody_knows_stays_and_is_strict()
    {
        _policies.Put(Policy("odd", """{"podSelector":{"matchExpressions":[{"key":"app","operator":"Near","values":["x"]}]},"ingress":[{}]}"""));
        var (id, watched) = _policies.Take().Single();
        Assert.AreEqual(new(PolicyKind.NetworkPolicy, "shop", "odd"), id);
        Assert.AreEqual("NetworkPolicy of all pods of shop: ingress nothing, egress something", Told(watched!.Policy));
        Assert.AreEqual("invalid-selector", watched.Diagnostics.Single(d => d.Severity == Severity.Error).Code);
    }

    [TestMethod]
    public void A_sound_policy_that_turns_faulty_is_replaced_by_its_strict_form()
    {
        _policies.Put(Policy("p", """{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"],"ingress":[{}]}"""));
        _policies.Take();
        _policies.Put(Policy("p", "\"nonsense\"", 2));
        Assert.AreEqual("NetworkPolicy of all pods of shop: ingress nothing, egress nothing", Told(_policies.Take().Single().Value!.Policy));
    }

    [TestMethod]
    public void A_pod_with_as_many_labels_as_etcd_takes_keeps_them()
    {
        var labels = new JsonObject(Enumerable.Range(0, 100_000).Select(i => KeyValuePair.Create<string, JsonNode?>($"k{i}", $"v{i}")));
        var pod = Live.Object("a", 1, "shop", new JsonObject { ["nodeName"] = "n1" });
        pod["metadata"]!["labels"] = labels;
        _pods.Put(Of(pod));
        Assert.AreEqual("v99999", _pods.Take().Single().Value!.Labels["k99999"]);
    }

    [TestMethod]
    public void A_policy_of_a_hundred_rules_with_a_hundred_peers_each_is_compiled_and_judged()
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
        _policies.Put(Policy("large", spec.ToJsonString()));
        var policy = _policies.Take().Single().Value!.Policy;
        Assert.AreEqual(100, policy.Ingress!.Value.Count);
        Assert.IsTrue(policy.Ingress.Value.All(r => r.Peers.Count == 100));
        var node = new Node("n1", Labels.None, [IpAddress.Parse("192.0.2.1")]);
        var pods = Enumerable.Range(0, 100).Select(i => new Pod(new("shop", $"p{i}"), Labels.Of(("app", $"a{i}-7")), "n1", [new(IpFamily.V4, (UInt128)(0x0A000000 + i))], []));
        var rulesOfNode = PolicyCompiler.Compile(ClusterSnapshot.Create([new("shop", Labels.None)], pods, [node], [policy]))[0];
        Assert.IsGreaterThanOrEqualTo(100, rulesOfNode.Ingress.Classes.Count);
    }

    private static WatchedObject Pod(string name, int version, string? address = null, int restarts = 0)
    {
        var pod = Live.Object(name, version, "shop", new JsonObject { ["nodeName"] = "n1" });
        pod["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = address,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["lastProbeTime"] = $"{version}" }),
            ["containerStatuses"] = new JsonArray(new JsonObject { ["restartCount"] = restarts }),
        };
        return Of(pod);
    }

    private static WatchedObject Policy(string name, [StringSyntax(StringSyntaxAttribute.Json)] string spec, int version = 1)
    {
        var policy = Live.Object(name, version, "shop");
        policy["spec"] = JsonNode.Parse(spec);
        return Of(policy);
    }

    private static WatchedObject Of(JsonObject live) => Live.Received(live.ToJsonString());

    private static string Names(ValueArray<KeyValuePair<PodId, Pod?>> changes) =>
        string.Join(", ", changes.Select(c => (c.Value is null ? "-" : "") + c.Key.Name).Order(StringComparer.Ordinal));

    private static string Told(Policy policy) =>
        $"{policy.Tier} of {(policy.Subject == PodSelection.InNamespace("shop", LabelSelector.Everything) ? "all pods of shop" : "some pods")}: " +
        $"ingress {(policy.Ingress is { IsEmpty: true } ? "nothing" : "something")}, egress {(policy.Egress is { IsEmpty: true } ? "nothing" : "something")}";
}
