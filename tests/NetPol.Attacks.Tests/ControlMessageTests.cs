using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Netlink.Routing;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Attacks.Tests;

/// <summary>A pod sends packets that no policy used to evaluate: neighbor discovery, ICMP errors, link-local sources and source-routed packets.</summary>
[TestClass]
public sealed class ControlMessageTests
{
    private static readonly IPAddress LinkLocal = IPAddress.Parse("fe80::a");
    private static readonly IPAddress NodeLinkLocal = IPAddress.Parse("fe80::1");

    private static readonly Policy NothingToTheNode = Cluster(
        "a-sends-nothing", Tier.Admin, 1, InNamespaces("", "pod=a"), egress: [Deny(Network("0.0.0.0/0")), Deny(Network("::/0"))]);

    [TestMethod]
    [DataRow(133)]
    [DataRow(135)]
    [DataRow(136)]
    public void Neighbor_discovery_that_a_router_forwarded_is_evaluated(int type) => Attack.Fails(
        v6: true, [], "neighbor-discovery: ip6 hoplimit != 255", counter: null, lab => lab.Arrives("b", Packet.IcmpV6, () => SendIcmpV6(lab, lab.B, (byte)type, hopLimit: 64)));

    [TestMethod]
    [DataRow(134)]
    [DataRow(137)]
    public void Router_advertisements_and_redirects_are_not_forwarded(int type) => Attack.Fails(
        v6: true, [], "-subjects jump", counter: null, lab => lab.Arrives("b", Packet.IcmpV6, () => SendIcmpV6(lab, lab.B, (byte)type, hopLimit: 64)));

    [TestMethod]
    [DataRow(134)]
    [DataRow(137)]
    public void Router_advertisement_of_a_pod_does_not_reach_the_node(int type) => Attack.Fails(
        v6: true, [], "neighbor-discovery: goto spoofed", "spoofed", lab => lab.Arrives("n1", Packet.IcmpV6, () => SendIcmpV6(lab, lab.Node, (byte)type, hopLimit: 255)));

    [TestMethod]
    [DataRow(133)]
    [DataRow(135)]
    [DataRow(136)]
    public void Neighbor_discovery_reaches_the_node_despite_policies(int type)
    {
        using var lab = new AttackLab(v6: true, [NothingToTheNode]);
        Assert.IsTrue(lab.Arrives("n1", Packet.IcmpV6, () => SendIcmpV6(lab, lab.Node, (byte)type, hopLimit: 255)));
    }

    [TestMethod]
    public void Link_local_source_is_denied_when_the_pod_is() => Attack.Fails(
        v6: true, [NothingToTheNode], "input: ip6 saddr fe80::/10", "link-local",
        lab =>
        {
            lab.AddAddress("a", LinkLocal, 64, "eth0");
            lab.AddAddress("n1", NodeLinkLocal, 64, lab.LinkOf("a"));
            return lab.Arrives("n1", Packet.Udp, () => lab.In("a", () =>
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
                socket.SendTo(Encoding.ASCII.GetBytes("ATTACK"), new IPEndPoint(IPAddress.Parse($"{NodeLinkLocal}%eth0"), 10250));
                return true;
            }));
        },
        host => host with { LinkLocalClosedToNode = Indices("pod1") });

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ICMP_error_about_another_connection_is_evaluated(bool v6) => Attack.Fails(
        v6, [], v6 ? "icmp-errors: ip6 saddr @" : "icmp-errors: ip saddr @", counter: null,
        lab => lab.Arrives("b", v6 ? Packet.IcmpV6 : Packet.Icmp, () => SendError(lab, "a", lab.A, quoted: "ATTACK")));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ICMP_error_of_an_unready_pod_about_another_connection_is_dropped(bool v6)
    {
        Assert.IsFalse(Arrives(without: null));
        Assert.IsTrue(Arrives(v6 ? "icmp-errors: ip6 saddr @pod-cidrs-6 return" : "icmp-errors: ip saddr @pod-cidrs-4 return"), "without the rule");

        bool Arrives(string? without)
        {
            using var lab = new AttackLab(v6, [], without, reported: AttackLab.BeforeAddressOfA);
            return lab.Arrives("b", v6 ? Packet.IcmpV6 : Packet.Icmp, () => SendError(lab, "a", lab.A, quoted: "ATTACK"));
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_ICMP_error_of_the_other_end_arrives(bool v6)
    {
        using var lab = new AttackLab(v6, []);
        Assert.IsTrue(lab.Arrives("b", v6 ? Packet.IcmpV6 : Packet.Icmp, () => SendError(lab, "c", lab.C, quoted: "honest"), "honest"));
    }

    [TestMethod]
    public void Source_route_bypasses_no_policy() => Attack.Fails(
        v6: false, [], "ip option lsrr", "source-routed",
        lab =>
        {
            foreach (var where in (string[])["n1", "b"])
            {
                lab.In(where, () =>
                {
                    File.WriteAllText("/proc/sys/net/ipv4/conf/all/accept_source_route", "1");
                    return true;
                });
            }
            // RFC 791: type, length, pointer, the next address; padded to a multiple of four.
            byte[] route = [131, 7, 4, .. lab.B.GetAddressBytes(), 0];
            return lab.Arrives("b", Packet.Udp, () => lab.Send("c", Packet.Ip(lab.C, lab.Node, Packet.Udp, Packet.UdpDatagram(4000, 99, "ATTACK"), options: route)));
        });

    [TestMethod]
    public void IPv6_routing_header_is_dropped()
    {
        using var lab = new AttackLab(v6: true, []);
        // RFC 8754: next header, length in units of eight bytes, type 4, segments left, last entry, flags, tag, segments.
        byte[] segments = [Packet.Udp, 4, 4, 1, 1, 0, 0, 0, .. lab.B.GetAddressBytes(), .. lab.C.GetAddressBytes()];
        lab.Arrives("c", Packet.Udp, () => lab.Send("a", Packet.Ip(lab.A, lab.C, 43, [.. segments, .. Packet.UdpDatagram(4000, 99, "ATTACK")])));
        Assert.AreEqual(1UL, lab.Counted("source-routed"));
    }

    private static void SendIcmpV6(AttackLab lab, IPAddress to, byte type, byte hopLimit)
    {
        byte[] body = [0, 0, 0, 0, .. to.GetAddressBytes(), .. Encoding.ASCII.GetBytes("ATTACK")];
        lab.Send("a", Packet.Ip(lab.A, to, Packet.IcmpV6, Packet.IcmpMessage(v6: true, type, 0, body), hopLimit));
    }

    /// <summary>c opens a flow to b; then somebody says to b that its answer did not get through.</summary>
    private static void SendError(AttackLab lab, string from, IPAddress source, string quoted)
    {
        var v6 = source.AddressFamily == AddressFamily.InterNetworkV6;
        lab.Send("c", Packet.Ip(lab.C, lab.B, Packet.Udp, Packet.UdpDatagram(7777, AttackLab.AllowedPort, "a question")));
        var answer = Packet.Ip(lab.B, lab.C, Packet.Udp, Packet.UdpDatagram(AttackLab.AllowedPort, 7777, quoted));
        byte[] body = [0, 0, 0, 0, .. answer];
        // Port unreachable.
        var error = v6 ? Packet.IcmpMessage(v6, 1, 4, body) : Packet.IcmpMessage(v6, 3, 3, body);
        lab.Send(from, Packet.Ip(source, lab.B, v6 ? Packet.IcmpV6 : Packet.Icmp, error));
    }

    private static ValueArray<int> Indices(string link)
    {
        using var routes = RouteSocket.Open();
        return routes.FindLink(link) is { } found ? [found.Index] : [];
    }
}
