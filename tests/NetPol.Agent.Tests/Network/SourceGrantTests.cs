using NetPol.Agent.Network;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Network;

[TestClass, TestCategory("Unit")]
public sealed class SourceGrantTests
{
    private static readonly RecordedNetwork Recorded = new RecordedNetwork().Link("eth0").Route("eth0", "0.0.0.0/0", "192.0.2.1")
        .Veth("pod2").Route("pod2", "10.1.0.2/32").Route("pod2", "fd01::2/128").Veth("pod3").Route("pod3", "10.1.0.3/32")
        .Link("cni0", "bridge").Veth("port4", master: "cni0").Route("cni0", "10.2.0.0/24");

    [TestMethod]
    public void A_grant_is_one_of_the_link_that_the_pod_s_address_is_routed_to() =>
        Assert.AreEqual("pod2 10.99.0.0/16, pod2 fd99::/64, pod3 10.98.0.0/16", Grants(("10.1.0.2", "10.99.0.0/16"), ("fd01::2", "fd99::/64"), ("10.1.0.3", "10.98.0.0/16")));

    [TestMethod]
    public void Grants_of_one_pod_s_addresses_are_joined() =>
        Assert.AreEqual("pod2 10.99.0.0/16", Grants(("10.1.0.2", "10.99.0.0/16"), ("fd01::2", "10.99.0.0/16"), ("fd01::2", "10.99.7.0/24")));

    /// <summary>The table of the bridge family checks each port.</summary>
    [TestMethod]
    public void A_grant_of_a_pod_on_a_bridge_is_one_of_the_bridge() => Assert.AreEqual("cni0 10.99.0.0/16", Grants(("10.2.0.4", "10.99.0.0/16")));

    [TestMethod]
    public void A_pod_to_which_nothing_is_routed_has_no_grant_yet() => Assert.AreEqual("", Grants(("10.1.0.77", "10.99.0.0/16")));

    [TestMethod]
    public void A_pod_s_address_that_only_a_router_leads_to_grants_the_uplink_nothing() => Assert.AreEqual("", Grants(("198.51.100.1", "10.99.0.0/16")));

    private static string Grants(params (string Pod, string Sources)[] granted)
    {
        var rules = RecordedNetwork.Rules with { GrantedSources = [.. granted.Select(g => new GrantedSource(IpAddress.Parse(g.Pod), Cidr.Parse(g.Sources))).Order()] };
        return string.Join(", ", HostNetworkBuilder.Build(Recorded.Network, rules).SourceGrants.Select(g => $"{Recorded.Names([g.Interface])} {g.Sources}"));
    }
}
