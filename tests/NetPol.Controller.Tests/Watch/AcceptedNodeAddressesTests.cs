using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Controller.Tests.Watch;

/// <summary>An agent that lies must not make a Deny of its node cover what is somebody else's.</summary>
[TestClass, TestCategory("Unit")]
public sealed class AcceptedNodeAddressesTests
{
    private readonly HashSet<IpAddress> _pods = [];
    private readonly ReportedAddressFilter _accepted;

    public AcceptedNodeAddressesTests() => _accepted = new(_pods.Contains);

    [TestMethod]
    public void What_an_agent_reports_is_in_its_node()
    {
        var (changes, refused) = _accepted.Apply(Nodes(Node("n1", "192.168.0.1")), Reports("192.168.0.1", "10.244.1.1"));
        Assert.AreEqual("10.244.1.1", Reported(changes, "n1"));
        Assert.IsEmpty(refused);
    }

    [TestMethod]
    [DataRow("10.244.2.7", DisplayName = "a pod's")]
    [DataRow("192.168.0.2", DisplayName = "in another node's status")]
    [DataRow("169.254.169.254", DisplayName = "link-local")]
    [DataRow("127.0.0.1", DisplayName = "loopback")]
    [DataRow("224.0.0.1", DisplayName = "multicast")]
    [DataRow("fe80::1", DisplayName = "IPv6 link-local")]
    [DataRow("::1", DisplayName = "IPv6 loopback")]
    [DataRow("ff02::1", DisplayName = "IPv6 multicast")]
    public void What_is_not_the_nodes_own_is_refused_and_reported_once(string address)
    {
        _pods.Add(IpAddress.Parse("10.244.2.7"));
        var reports = Reports("10.244.1.1", address);
        var (changes, refused) = _accepted.Apply(Nodes(Node("n1", "192.168.0.1"), Node("n2", "192.168.0.2")), reports);
        Assert.AreEqual("10.244.1.1", Reported(changes, "n1"));
        Assert.AreEqual(("n1", $"[{address}]"), (refused.Single().Node, refused.Single().Addresses.ToString()));
        Assert.IsEmpty(_accepted.Apply(Nodes(Node("n1", "192.168.0.1", "x")), reports).Refused);
    }

    [TestMethod]
    public void An_address_that_a_pod_gets_leaves_the_node_and_comes_back_after_the_pod()
    {
        var reports = Reports("10.244.1.1");
        _ = _accepted.Apply(Nodes(Node("n1", "192.168.0.1")), reports);
        _pods.Add(IpAddress.Parse("10.244.1.1"));
        Assert.AreEqual("", Reported(_accepted.Apply(APod, reports).Changes, "n1"));
        _pods.Clear();
        Assert.AreEqual("10.244.1.1", Reported(_accepted.Apply(APod, reports).Changes, "n1"));
        Assert.IsEmpty(_accepted.Apply(APod, reports).Changes.Nodes, "nothing changes");
    }

    [TestMethod]
    public void A_node_keeps_what_was_reported_through_its_own_changes_and_loses_it_when_it_goes()
    {
        var reports = Reports("10.244.1.1");
        _ = _accepted.Apply(Nodes(Node("n1", "192.168.0.1")), reports);
        Assert.AreEqual("10.244.1.1", Reported(_accepted.Apply(Nodes(Node("n1", "192.168.0.1", "label")), reports).Changes, "n1"));
        var (changes, _) = _accepted.Apply(new() { Nodes = [new("n1", null)] }, reports);
        Assert.IsNull(changes.Nodes.Single().Value);
        Assert.IsEmpty(_accepted.Apply(new(), Reports("10.244.1.9")).Changes.Nodes, "there is no such node");
    }

    private static ClusterChanges APod => new() { Pods = [new(new("a", "p"), null)] };

    private static Node Node(string name, string address, string label = "") => new(name, Labels.Create(("l", label)), [IpAddress.Parse(address)]);

    private static ClusterChanges Nodes(params Node[] nodes) => new() { Nodes = nodes.Select(n => KeyValuePair.Create(n.Name, (Node?)n)).ToValueArray() };

    private static Dictionary<string, ValueArray<IpAddress>> Reports(params string[] addresses) =>
        new(StringComparer.Ordinal) { ["n1"] = addresses.Select(IpAddress.Parse).Order().ToValueArray() };

    private static string Reported(ClusterChanges changes, string node) =>
        string.Join(' ', changes.Nodes.Single(n => n.Key == node).Value!.ReportedAddresses);
}
