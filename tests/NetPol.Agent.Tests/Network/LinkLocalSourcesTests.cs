using NetPol.Agent.Network;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Network;

[TestClass, TestCategory("Unit")]
public sealed class LinkLocalSourcesTests
{
    private static readonly RecordedNetwork Routed = new RecordedNetwork().Link("eth0").Route("eth0", "0.0.0.0/0", "192.0.2.1")
        .Veth("pod2").Route("pod2", "10.1.0.2/32").Route("pod2", "fd01::2/128").Veth("pod3").Route("pod3", "10.1.0.3/32").Route("pod3", "fd01::3/128");

    private static readonly RecordedNetwork Bridged = new RecordedNetwork().Link("eth0").Link("cni0", "bridge").Route("cni0", "10.1.0.0/24").Veth("port2", "cni0").Link("docker0", "bridge").Route("docker0", "172.17.0.0/16");

    [TestMethod]
    public void A_pod_s_link_is_open_while_no_policy_evaluates_the_pod() => Assert.AreEqual(("", ""), Closed(Routed, RecordedNetwork.Rules));

    [TestMethod]
    [DataRow("10.1.0.2")]
    [DataRow("fd01::2")]
    public void A_pod_that_is_evaluated_on_the_way_to_its_node_closes_its_link_in_either_family(string subject) =>
        Assert.AreEqual(("pod2", ""), Closed(Routed, EvaluatedToNode(subject)));

    [TestMethod]
    public void A_pod_that_is_evaluated_towards_others_alone_closes_nothing_to_the_node() => Assert.AreEqual(("", ""), Closed(Routed, EvaluatedToPods("10.1.0.2")));

    [TestMethod]
    public void A_link_with_a_pod_that_is_not_known_is_closed()
    {
        var network = new RecordedNetwork().Link("eth0").Veth("pod9").Route("pod9", "10.1.0.9/32").Veth("new");
        Assert.AreEqual(("pod9 new", ""), Closed(network, RecordedNetwork.Rules));
    }

    [TestMethod]
    public void A_pod_whose_second_address_is_not_known_closes_its_link()
    {
        var network = new RecordedNetwork().Link("eth0").Veth("pod2").Route("pod2", "10.1.0.2/32").Route("pod2", "fd01::99/128");
        Assert.AreEqual(("pod2", ""), Closed(network, RecordedNetwork.Rules));
    }

    [TestMethod]
    public void A_bridge_is_open_while_no_policy_evaluates_its_pods_but_not_its_ports() => // packets arrive by the bridge, never by a port
        Assert.AreEqual(("port2", ""), Closed(Bridged, RecordedNetwork.Rules));

    [TestMethod]
    public void A_bridge_with_an_evaluated_pod_is_closed_to_the_node() => Assert.AreEqual(("cni0 port2", ""), Closed(Bridged, EvaluatedToNode("10.1.0.2")));

    [TestMethod]
    public void A_bridge_with_the_pods_network_is_closed_when_any_pod_of_the_node_is_evaluated() =>
        Assert.AreEqual(("cni0 port2", ""), Closed(Bridged, EvaluatedToNode("10.99.0.1")));

    [TestMethod]
    public void A_bridge_with_an_evaluated_pod_is_closed_between_its_pods() => Assert.AreEqual(("port2", "cni0"), Closed(Bridged, EvaluatedToPods("10.1.0.2")));

    private static (string ToNode, string ToPods) Closed(RecordedNetwork network, NodeRuleSet rules)
    {
        var host = HostNetworkBuilder.Build(network.Network, rules);
        return (network.Names(host.LinkLocalClosedToNode), network.Names(host.LinkLocalClosedToPods));
    }

    private static NodeRuleSet EvaluatedToNode(string subject) => RecordedNetwork.Rules with { PodToHost = Evaluating(subject) };

    private static NodeRuleSet EvaluatedToPods(string subject) => RecordedNetwork.Rules with { PodIngress = Evaluating(subject) };

    private static EnforcementRules Evaluating(string subject) => EnforcementRules.Empty with { Defaults = [new(IpAddress.Parse(subject), default)] };
}
