using NetPol.Agent.Network;

namespace NetPol.Agent.Tests.Network;

[TestClass, TestCategory("Unit")]
public sealed class TunnelFinderTests
{
    [TestMethod]
    [DataRow("vxlan", "8472")]
    [DataRow("geneve", "8472")]
    [DataRow("bareudp", "8472")]
    [DataRow("amt", "8472")]
    [DataRow("gtp", "2152 3386")]
    [DataRow("wireguard", "8472")]
    public void Tunnels_inside_of_UDP_close_their_ports(string kind, string ports) =>
        Assert.AreEqual(ports, Ports(new RecordedNetwork().Link("t", kind, tunnel: new() { Port = 8472 }).Network));

    [TestMethod]
    [DataRow("ipip", null, "4 137")]
    [DataRow("ipip", 4, "4")]
    [DataRow("sit", null, "4 41 137")]
    [DataRow("sit", 0, "4 41 137")]
    [DataRow("sit", 41, "41")]
    [DataRow("ip6tnl", 0, "4 41 137")]
    [DataRow("ip6tnl", 41, "41")]
    [DataRow("gre", null, "47")]
    [DataRow("gretap", null, "47")]
    [DataRow("erspan", null, "47")]
    [DataRow("ip6gre", null, "47")]
    [DataRow("ip6gretap", null, "47")]
    [DataRow("ip6erspan", null, "47")]
    public void Tunnels_inside_of_IP_close_their_protocols(string kind, int? inner, string protocols)
    {
        var network = new RecordedNetwork().Link("t", kind, tunnel: new() { InnerProtocol = (byte?)inner }).Network;
        Assert.AreEqual((protocols, ""), (Protocols(network), Ports(network)));
    }

    [TestMethod]
    public void Tunnels_inside_of_FOU_close_both_of_its_ports() =>
        Assert.AreEqual("5554 5555", Ports(new RecordedNetwork().Link("t", "ipip", tunnel: new() { IsInsideUdp = true, UdpSourcePort = 5554, UdpDestinationPort = 5555 }).Network));

    [TestMethod]
    public void A_device_that_is_down_counts() => Assert.AreEqual("4789", Ports(NodeNetwork.Empty with { Links = [new(2, "t") { Kind = "vxlan", Tunnel = new() { Port = 4789 } }] }));

    [TestMethod]
    public void Sockets_that_generic_netlink_lists_count_once()
    {
        var network = NodeNetwork.Empty with { WireGuardDevices = [new(2, 51820), new(3, 0)], FouSockets = [new(5555), new(51820)], L2tpTunnels = [new(1701)] };
        Assert.AreEqual(("1701 5555 51820", ""), (Ports(network), Protocols(network)));
        Assert.AreEqual("115", Protocols(NodeNetwork.Empty with { L2tpTunnels = [new(0)] }));
    }

    [TestMethod]
    public void Where_segment_routing_ends_what_is_inside_is_closed() =>
        Assert.AreEqual("4 41 143", Protocols(NodeNetwork.Empty with { Routes = [new(System.Net.IPAddress.Parse("fd00::5e6"), 128) { EndsSegmentRouting = true }] }));

    [TestMethod]
    [DataRow("veth")]
    [DataRow("bridge")]
    [DataRow("macsec")]
    [DataRow("xfrm")]
    [DataRow("vti")]
    [DataRow("openvswitch")]
    public void Other_links_close_nothing(string kind)
    {
        var network = new RecordedNetwork().Link("t", kind).Network;
        Assert.AreEqual(("", ""), (Ports(network), Protocols(network)));
    }

    private static string Ports(NodeNetwork network) => string.Join(' ', TunnelFinder.FindPorts(network).Select(p => p.Port));

    private static string Protocols(NodeNetwork network) => string.Join(' ', TunnelFinder.FindProtocols(network));
}
