using NetPol.Model.Net;
using NetPol.Rendering;

namespace NetPol.Attacks.Tests;

/// <summary>A pod sends to the tunnel devices of nodes, whose kernels would take the inner packets for those of any pod.</summary>
[TestClass]
public sealed class TunnelDeviceTests
{
    private const ushort Vxlan = 8472;
    private const byte Ipip = 4;
    private const byte Sit = 41;

    [TestMethod]
    [DataRow(false, "n1", "tunnels: meta l4proto . th dport @tunnel-ports")]
    [DataRow(true, "n1", "input: jump tunnels")]
    [DataRow(false, "n2", "forward: ip daddr @nodes-4")]
    [DataRow(true, "n2", "forward: ip6 daddr @nodes-6")]
    public void Pod_does_not_reach_a_tunnel_port_of_any_node(bool v6, string node, string stoppedBy) => Attack.Fails(
        v6, [], stoppedBy, "tunneled",
        lab => lab.Arrives(node, Packet.Udp, () => lab.Send("c", Packet.Ip(lab.C, AddressOf(lab, node), Packet.Udp, Packet.UdpDatagram(4000, Vxlan, "ATTACK")))), Tunnels);

    [TestMethod]
    [DataRow(false, "n1", "tunnels: meta l4proto @tunnel-protocols")]
    [DataRow(true, "n1", "tunnels: meta l4proto @tunnel-protocols")]
    [DataRow(false, "n2", "tunnels: meta l4proto @tunnel-protocols")]
    [DataRow(true, "n2", "forward: ip6 daddr @nodes-6")]
    public void Pod_does_not_reach_a_portless_tunnel_of_any_node(bool v6, string node, string stoppedBy)
    {
        var protocol = v6 ? Sit : Ipip;
        Attack.Fails(
            v6, [], stoppedBy, "tunneled",
            lab => lab.Arrives(node, protocol, () => lab.Send("c", Packet.Ip(lab.C, AddressOf(lab, node), protocol, [.. Packet.UdpDatagram(4000, 1, "ATTACK")]))), Tunnels);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Tunnel_port_stays_open_outside_and_between_nodes(bool v6)
    {
        using var lab = new AttackLab(v6, [], host: Tunnels);
        Assert.IsTrue(lab.Arrives("ext", Packet.Udp, () => lab.Send("c", Packet.Ip(lab.C, lab.Outside, Packet.Udp, Packet.UdpDatagram(4000, Vxlan, "ATTACK")))), "a host outside");
        Assert.IsTrue(lab.Arrives("n1", Packet.Udp, () => lab.Send("n2", Packet.Ip(lab.OtherNode, lab.Node, Packet.Udp, Packet.UdpDatagram(4000, Vxlan, "ATTACK")))), "the other node");
    }

    private static HostNetwork Tunnels(HostNetwork host) => host with { TunnelPorts = [new(Protocol.Udp, Vxlan)], TunnelProtocols = [Ipip, Sit] };

    private static System.Net.IPAddress AddressOf(AttackLab lab, string node) => node == "n1" ? lab.Node : lab.OtherNode;
}
