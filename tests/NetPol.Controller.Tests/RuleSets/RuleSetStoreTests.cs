using NetPol.Controller.RuleSets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;

namespace NetPol.Controller.Tests.RuleSets;

[TestClass, TestCategory("Unit")]
public sealed class RuleSetStoreTests
{
    private readonly RuleSetStore _store = new(TestControllerMetrics.New(), TimeProvider.System);

    [TestMethod]
    public void A_namespace_that_exceeds_its_budget_is_reported_and_its_rules_stay_small()
    {
        _store.Apply(ClusterChanges.FromEmptyTo(MultiplyingPolicies.OfLabels(300, 110, 60)), TimeProvider.System.GetUtcNow());
        Assert.AreEqual(MultiplyingPolicies.Tenant, Assert.ContainsSingle(_store.ExceededBudgets).Namespace);
        Assert.IsEmpty(_store.Find(MultiplyingPolicies.Node)!.Current.Rules.PodIngress.PolicyEntries.Where(c => c.Subject != IpAddress.Parse("10.2.0.2")));
    }

    [TestMethod]
    public void A_history_without_subscribers_is_removed_with_its_node()
    {
        Put(Node(1));
        Assert.IsNotNull(_store.Find("n1"));
        Put(null);
        Assert.IsNull(_store.Find("n1"));
    }

    [TestMethod]
    public void The_history_of_a_deleted_node_is_removed_with_its_last_subscriber()
    {
        Put(Node(1));
        var history = _store.Subscribe("n1");
        Assert.AreSame(history, _store.Subscribe("n1"));
        Put(null);
        Assert.AreEqual(NodeRuleSet.CreateEmpty("n1"), history.Current.Rules);
        Put(Node(2));
        Assert.AreEqual(new(IpFamily.V4, 2), Assert.ContainsSingle(history.Current.Rules.NodeAddresses));
        Put(null);
        _store.Unsubscribe("n1");
        Assert.AreSame(history, _store.Find("n1"));
        _store.Unsubscribe("n1");
        Assert.IsNull(_store.Find("n1"));
    }

    [TestMethod]
    public void A_history_stays_with_its_node_when_the_last_subscriber_leaves()
    {
        Put(Node(1));
        var history = _store.Subscribe("n1");
        _store.Unsubscribe("n1");
        Assert.AreSame(history, _store.Find("n1"));
    }

    [TestMethod]
    public void A_history_stays_while_pods_of_a_node_without_an_object_have_rules()
    {
        var pod = new Pod(new("shop", "web"), Labels.None, "n1", [new(IpFamily.V4, 10)], [], HostNetwork: false, Finished: false);
        var policy = NetPol.Testing.Clusters.Make.NetworkPolicy("shop/closed", ingress: []);
        _store.Apply(new() { Pods = [new(pod.Id, pod)], Policies = [new(policy.Id, policy)] }, DateTimeOffset.UnixEpoch);
        Put(Node(1));
        Put(null);
        Assert.IsNotEmpty(_store.Find("n1")!.Current.Rules.PodIngress.Defaults);
        _store.Apply(new() { Pods = [new(pod.Id, null)] }, DateTimeOffset.UnixEpoch);
        Assert.IsNull(_store.Find("n1"));
    }

    private static Node Node(int address) => new("n1", Labels.None, [new(IpFamily.V4, (UInt128)address)]);

    private void Put(Node? node) => _store.Apply(new() { Nodes = [new("n1", node)] }, DateTimeOffset.UnixEpoch);
}
