using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Tests.Network;

/// <summary>Each row of the table in DESIGN.md, with links and routes as nodes have them.</summary>
[TestClass, TestCategory("Unit")]
public sealed class UplinkFinderTests
{
    [TestMethod]
    public void Hardware_is_an_uplink_with_and_without_routes() =>
        Assert.AreEqual("eth0 eth1", new RecordedNetwork().Link("eth0").Link("eth1").Route("eth0", "0.0.0.0/0", "192.0.2.1").Uplinks());

    [TestMethod]
    public void Hardware_to_which_a_pod_s_address_is_routed_is_none() =>
        Assert.AreEqual("eth0", new RecordedNetwork().Link("eth0").Link("pf0vf1").Route("pf0vf1", "10.1.0.2/32").Uplinks());

    [TestMethod]
    public void Hardware_in_whose_subnet_pods_have_addresses_is_one() => // cloud networks that give pods addresses of the node's own subnet
        Assert.AreEqual("eth0", new RecordedNetwork().Link("eth0").Route("eth0", "10.1.0.0/16", protocol: RouteProtocol.Kernel).Veth("eni1").Route("eni1", "10.1.0.2/32").Uplinks());

    [TestMethod]
    public void Bonds_teams_and_VRFs_are_uplinks_where_all_their_ports_are() =>
        Assert.AreEqual(
            "bond0 eth0 eth1 team0 eth2 vrf0 eth3",
            new RecordedNetwork().Link("bond0", "bond").Link("eth0", master: "bond0").Link("eth1", master: "bond0")
                .Link("team0", "team").Link("eth2", master: "team0")
                .Link("vrf0", "vrf").Link("eth3", master: "vrf0")
                .Link("vrf1", "vrf").Link("eth4", "dummy", master: "vrf1").Veth("veth1", master: "vrf1").Link("bond1", "bond").Uplinks());

    [TestMethod]
    [DataRow("vlan")]
    [DataRow("macvlan")]
    [DataRow("macvtap")]
    [DataRow("ipvlan")]
    [DataRow("macsec")]
    public void What_stands_on_a_link_of_the_node_is_what_that_link_is(string kind) =>
        Assert.AreEqual(
            "eth0 above twice",
            new RecordedNetwork().Link("eth0").Link("above", kind, lower: "eth0").Link("twice", "vlan", lower: "above").Veth("veth1").Link("onveth", kind, lower: "veth1").Uplinks());

    [TestMethod]
    public void A_macvlan_by_which_the_node_reaches_pods_is_none() =>
        Assert.AreEqual(
            "eth0", new RecordedNetwork().Link("eth0").Link("shim", "macvlan", lower: "eth0").Route("shim", "10.1.0.0/24").Link("shim2", "macvlan", lower: "eth0").Route("shim2", "10.1.0.3/32").Uplinks());

    [TestMethod]
    public void A_bridge_with_the_default_route_and_without_pods_is_an_uplink() =>
        Assert.AreEqual("br0 eth0", new RecordedNetwork().Link("br0", "bridge").Link("eth0", master: "br0").Route("br0", "0.0.0.0/0", "192.0.2.1").Uplinks());

    [TestMethod]
    public void A_bridge_with_pods_is_none_though_it_has_the_default_route() =>
        Assert.AreEqual(
            "eth0",
            new RecordedNetwork().Link("cni0", "bridge").Link("eth0", master: "cni0").Route("cni0", "0.0.0.0/0", "10.1.0.254").Route("cni0", "10.1.0.0/24", protocol: RouteProtocol.Kernel).Uplinks());

    [TestMethod]
    [DataRow("veth")]
    [DataRow("tun")]
    [DataRow("netkit")]
    public void A_bridge_with_a_port_that_leads_to_another_namespace_or_machine_is_none(string kind) =>
        Assert.AreEqual(
            "eth0",
            new RecordedNetwork().Link("br0", "bridge").Link("eth0", master: "br0").Link("port", kind, master: "br0", lowerElsewhere: true).Route("br0", "0.0.0.0/0", "192.0.2.1").Uplinks());

    [TestMethod]
    public void A_bridge_without_a_way_to_other_networks_is_none() =>
        Assert.AreEqual("", new RecordedNetwork().Link("docker0", "bridge").Route("docker0", "172.17.0.0/16", protocol: RouteProtocol.Kernel).Uplinks());

    [TestMethod]
    public void Tunnels_are_uplinks() =>
        Assert.AreEqual(
            "flannel.1 tunl0 wg0 vti0 ipsec0",
            new RecordedNetwork().Link("flannel.1", "vxlan", tunnel: new() { Port = 8472 }).Route("flannel.1", "10.1.1.0/24", "10.1.1.0").Link("tunl0", "ipip", tunnel: new())
                .Link("wg0", "wireguard", tunnel: new()).Link("vti0", "vti").Link("ipsec0", "xfrm").Uplinks());

    [TestMethod]
    public void A_veth_by_which_a_node_that_is_a_namespace_reaches_others_is_an_uplink() =>
        Assert.AreEqual("eth0", new RecordedNetwork().Veth("eth0").Route("eth0", "0.0.0.0/0", "172.18.0.1").Route("eth0", "10.1.1.0/24", "172.18.0.3").Uplinks());

    [TestMethod]
    public void The_node_s_own_address_of_all_bits_is_no_pod_behind_a_veth() =>
        Assert.AreEqual(
            "core",
            new RecordedNetwork().Veth("core").Address("core", "fd00::1/128").Route("core", "fd00::1/128", protocol: RouteProtocol.Kernel).Route("core", "::/0", "fe80::1").Uplinks());

    [TestMethod]
    [DataRow(null)]
    [DataRow("169.254.1.2")]
    public void A_veth_to_which_a_single_address_is_routed_is_none_whether_the_pod_is_known_or_not(string? via)
    {
        foreach (var address in (string[])["10.1.0.2/32", "10.1.0.77/32", "198.51.100.7/32"])
            Assert.AreEqual("", new RecordedNetwork().Veth("pod1").Route("pod1", address, via).Route("pod1", "10.50.0.0/16", "10.1.0.2").Uplinks());
    }

    [TestMethod]
    public void A_veth_that_is_new_is_none() => Assert.AreEqual("", new RecordedNetwork().Veth("veth1").Uplinks());

    [TestMethod]
    public void A_veth_that_is_a_port_of_a_bridge_is_none() =>
        Assert.AreEqual("", new RecordedNetwork().Link("cni0", "bridge").Veth("veth1", master: "cni0").Route("veth1", "0.0.0.0/0", "10.1.0.2").Uplinks());

    [TestMethod]
    public void A_veth_between_two_places_of_the_node_is_none() =>
        Assert.AreEqual("", new RecordedNetwork().Link("a0", "veth").Route("a0", "0.0.0.0/0", "192.0.2.1").Uplinks());

    [TestMethod]
    [DataRow(RouteProtocol.RouterAdvertisement)]
    [DataRow(RouteProtocol.Redirect)]
    [DataRow(RouteProtocol.Kernel)]
    public void Routes_that_a_pod_can_make_do_not_make_its_veth_an_uplink(RouteProtocol protocol) =>
        Assert.AreEqual("", new RecordedNetwork().Veth("veth1").Route("veth1", "::/0", "fe80::2", protocol).Route("veth1", "2001:db8::/64", "fe80::2", protocol).Uplinks());

    [TestMethod]
    public void A_VPN_s_device_and_PPP_are_uplinks_by_their_default_route_alone() =>
        Assert.AreEqual("ppp0", new RecordedNetwork().Link("ppp0", "ppp").Route("ppp0", "0.0.0.0/0").Link("tun0", "tun").Route("tun0", "100.64.0.0/10").Uplinks());

    [TestMethod]
    public void Open_vSwitch_is_an_uplink_where_its_device_is_the_way_out_and_has_no_pods() =>
        Assert.AreEqual(
            "br-ex",
            new RecordedNetwork().Link("br-ex", "openvswitch").Route("br-ex", "0.0.0.0/0", "192.0.2.1").Link("mp0", "openvswitch").Route("mp0", "10.1.0.0/24").Route("mp0", "10.1.0.0/16", "10.1.0.1").Uplinks());

    [TestMethod]
    public void Other_devices_are_none() => Assert.AreEqual("", new RecordedNetwork().Link("kube-ipvs0", "dummy").Link("ifb0", "ifb").Link("new", "a kind of later").Uplinks());

    [TestMethod]
    public void Routes_of_every_table_count() =>
        Assert.AreEqual("", new RecordedNetwork().Veth("eth0").Route("eth0", "0.0.0.0/0", "192.0.2.1").Route("eth0", "10.1.0.2/32", table: 100).Uplinks());

    [TestMethod]
    public void Without_rules_the_links_alone_decide() =>
        Assert.AreEqual("eth0", new RecordedNetwork().Link("eth0").Veth("pod1").Route("pod1", "10.1.0.2/32").Uplinks(NodeRuleSet.CreateEmpty("n1")));
}
