using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Tests.Manifests;

[TestClass, TestCategory("Unit")]
public sealed class ClusterDefaultsTests
{
    [TestMethod]
    public void Unscheduled_pods_are_spread_over_two_default_nodes()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a"), Pod("b"), Pod("c")]), null);

        Assert.AreEqual("node-1 node-2", Names(cluster.Nodes));
        Assert.AreEqual("node-1 node-2 node-1", string.Join(' ', cluster.Pods.Select(p => p.Node)));
    }

    [TestMethod]
    public void Node_named_by_a_pod_gets_an_object_and_hostname_label()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a") with { Node = "worker" }, Pod("b")]), null);

        var node = cluster.Nodes.Single();
        Assert.AreEqual("worker", node.Name);
        Assert.AreEqual("worker", node.Labels["kubernetes.io/hostname"]);
        Assert.AreEqual("worker", cluster.Pods[1].Node);
    }

    [TestMethod]
    public void Nodes_are_added_until_there_are_as_many_as_asked_for()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a") with { Node = "node-2" }]), 3);

        Assert.AreEqual("node-1 node-2 node-3", Names(cluster.Nodes));
        Assert.AreEqual("node-2", cluster.Pods[0].Node);
    }

    [TestMethod]
    public void Given_addresses_stay_and_are_not_assigned_again()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a"), Pod("b", "10.244.0.2")]), null);

        Assert.AreEqual("[10.244.0.3]", cluster.Pods[0].Addresses.ToString());
        Assert.AreEqual("[10.244.0.2]", cluster.Pods[1].Addresses.ToString());
    }

    [TestMethod]
    public void Assigned_addresses_use_every_given_family()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a"), Pod("b", "10.1.0.1", "fd00::1")]), null);

        Assert.AreEqual("[10.244.0.2, fd00:10:244::2]", cluster.Pods[0].Addresses.ToString());
        Assert.AreEqual("[172.18.0.2, fd00:172:18::2]", cluster.Nodes[0].Addresses.ToString());
    }

    [TestMethod]
    public void A_pod_in_the_hosts_network_has_its_nodes_addresses()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a") with { HostNetwork = true }]), null);

        Assert.AreEqual(cluster.Nodes[0].Addresses, cluster.Pods[0].Addresses);
    }

    [TestMethod]
    public void A_finished_pod_gets_neither_node_nor_address()
    {
        var cluster = ClusterDefaults.Complete(Cluster([Pod("a") with { Finished = true }]), null);

        Assert.IsNull(cluster.Pods[0].Node);
        Assert.IsTrue(cluster.Pods[0].Addresses.IsEmpty);
    }

    [TestMethod]
    public void Many_pods_get_distinct_addresses_that_end_in_neither_0_nor_255()
    {
        var cluster = ClusterDefaults.Complete(Cluster([.. Enumerable.Range(0, 600).Select(i => Pod($"p{i}"))]), null);

        var addresses = cluster.Pods.Select(p => p.Addresses.Single()).ToList();
        Assert.AreEqual(600, addresses.Distinct().Count());
        Assert.IsFalse(addresses.Any(a => (byte)a.Value is 0 or 255));
    }

    [TestMethod]
    public void Complete_cluster_is_unchanged()
    {
        var once = ClusterDefaults.Complete(Cluster([Pod("a"), Pod("b", "fd00::1"), Pod("c") with { HostNetwork = true }]), null);

        Assert.AreEqual(once, ClusterDefaults.Complete(once, null));
    }

    private static string Names(ValueArray<Node> nodes) => string.Join(' ', nodes.Select(n => n.Name));

    private static ClusterSnapshot Cluster(IEnumerable<Pod> pods) => ClusterSnapshot.Create([], pods, [], []);

    private static Pod Pod(string name, params string[] addresses) =>
        new(new("shop", name), Labels.None, null, addresses.Select(IpAddress.Parse).ToValueArray(), []);
}
