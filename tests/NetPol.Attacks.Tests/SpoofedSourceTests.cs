using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Attacks.Tests;

/// <summary>A pod sends packets with a source address that is not its own.</summary>
[TestClass]
public sealed class SpoofedSourceTests
{
    private const string Validation = "fib saddr . iif oif missing";
    private const ushort Listening = 5000;

    // The kernel of the attacker would answer the forged SYN with a RST.
    private const string DropSyn = """
        table inet dropsyn {
          chain input { type filter hook input priority filter; tcp dport 5000 tcp flags & (syn | ack) == syn drop; }
        }
        """;

    [TestMethod]
    [DataRow(false, false)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(true, true)]
    public void A_forged_SYN_opens_no_connection_to_a_pod(bool v6, bool admin) => Attack.Fails(
        v6, admin ? Denials() : [], Validation, "spoofed", lab => OpensConnection(lab, "b", lab.B, 22));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_forged_SYN_opens_no_connection_to_the_outside(bool v6) => Attack.Fails(
        v6, [], Validation, "spoofed", lab => OpensConnection(lab, "ext", lab.Outside, 443));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_pod_cannot_send_as_another_pod(bool v6) => Attack.Fails(
        v6, [], Validation, "spoofed", lab => lab.Arrives("b", Packet.Udp, () => lab.Send("a", Datagram(lab.C, lab.B, AttackLab.AllowedPort))));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_host_outside_cannot_send_as_a_pod_of_the_node(bool v6) => Attack.Fails(
        v6, [], Validation, "spoofed", lab => lab.Arrives("b", Packet.Udp, () => lab.Send("ext", Datagram(lab.C, lab.B, AttackLab.AllowedPort))));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Pod_cannot_send_from_an_unselected_address(bool v6) => Attack.Fails(
        v6, [], Validation, "spoofed",
        lab => lab.Arrives("ext", Packet.Udp, () => lab.Send("a", Datagram(IPAddress.Parse(v6 ? "2001:db8::66" : "198.51.100.66"), lab.Outside, 53))));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_pod_cannot_send_to_its_node_as_another_pod(bool v6) => Attack.Fails(
        v6, [], Validation, "spoofed", lab => lab.Arrives("n1", Packet.Udp, () => lab.Send("a", Datagram(lab.C, lab.Node, 10250))));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Asymmetric_uplinks_are_accepted(bool v6)
    {
        using var lab = new AttackLab(v6, []);
        // No router has a route back to this address, as with a second provider's link.
        var elsewhere = IPAddress.Parse(v6 ? "2001:db8:99::1" : "198.51.100.1");
        lab.Ip("n1", "link add uplink2 type veth peer name uplink2end", "link set uplink2 up", "link set uplink2end up", $"route add {elsewhere} dev uplink2");
        Assert.IsFalse(lab.Arrives("a", Packet.Udp, () => lab.Send("ext", Datagram(elsewhere, lab.A, 7))), "from an address behind an interface that is no uplink");

        using var both = new AttackLab(v6, []);
        both.Ip("n1", $"route add {elsewhere} dev core");
        Assert.IsTrue(both.Arrives("a", Packet.Udp, () => both.Send("ext", Datagram(elsewhere, both.A, 7))), "from an address behind an uplink");
    }

    /// <summary>Simultaneous open: the forged SYN makes the connection's entry, and the honest SYN is taken for its answer.</summary>
    private static bool OpensConnection(AttackLab lab, string victim, IPAddress address, ushort port)
    {
        lab.Nft("a", DropSyn);
        return lab.Arrives(
            victim, Packet.Tcp,
            () =>
            {
                lab.SendByLink("a", Packet.Ip(address, lab.A, Packet.Tcp, Packet.TcpSegment(port, Listening, Packet.Syn)));
                lab.In("a", () => Connect(new(lab.A, Listening), new(address, port)));
            },
            segment => BinaryPrimitives.ReadUInt16BigEndian(segment) == Listening && BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(2)) == port);
    }

    private static bool Connect(IPEndPoint from, IPEndPoint to)
    {
        using var socket = new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        socket.Bind(from);
        try
        {
            socket.Connect(to);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The SYN is on its way.
        }
        return true;
    }

    private static byte[] Datagram(IPAddress from, IPAddress to, ushort port) => Packet.Ip(from, to, Packet.Udp, Packet.UdpDatagram(4000, port, "ATTACK"));

    private static Policy[] Denials() =>
    [
        Cluster("a-sends-nothing-to-b", Tier.Admin, 1, InNamespaces("", "pod=a"), egress: [Deny(Pods("", "pod=b"))]),
        Cluster("b-hears-nothing-of-a", Tier.Admin, 2, InNamespaces("", "pod=b"), ingress: [Deny(Pods("", "pod=a"))]),
    ];
}
