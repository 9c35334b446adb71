using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using NetPol.Rendering;

namespace NetPol.Agent.Tests.Bridges;

/// <summary>Pod a sends frames with addresses of other pods into its bridge, and frames that it may send.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class BridgedAttackTests
{
    private const string Marker = "COVERT";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly IPAddress AllNodes = IPAddress.Parse("ff02::1");
    private static readonly IPAddress AllRouters = IPAddress.Parse("ff02::2");
    private static readonly byte[] MarkerBytes = Encoding.ASCII.GetBytes(Marker + "xx");

    /// <summary>Each attack arrives where nothing is limited, and does not where the table is; whatever is dropped is counted.</summary>
    [TestMethod]
    [DataRow("a tag of VLAN 0")]
    [DataRow("a tag of VLAN 0 on IPv6")]
    [DataRow("an ethertype that is not IP")]
    [DataRow("QinQ")]
    [DataRow("IPv4 of another pod")]
    [DataRow("IPv6 of another pod")]
    [DataRow("a SYN of another pod, IPv4")]
    [DataRow("a SYN of another pod, IPv6")]
    [DataRow("IPv4 of a host outside")]
    [DataRow("IPv4 of the node")]
    [DataRow("IPv4 without a source")]
    [DataRow("ARP reply of another pod")]
    [DataRow("ARP request of another pod")]
    [DataRow("ARP reply of the node")]
    [DataRow("router advertisement")]
    [DataRow("router advertisement behind an extension header")]
    [DataRow("router advertisement of its global address")]
    [DataRow("redirect")]
    [DataRow("neighbor advertisement for another pod")]
    [DataRow("neighbor advertisement for the node")]
    [DataRow("neighbor advertisement in the name of another pod")]
    [DataRow("link-local address of another pod")]
    [DataRow("echo request of another pod")]
    public void A_frame_that_is_not_the_pods_own_does_not_reach_another_pod(string attack)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        var frame = Attack(attack, lab);
        lab.Open();
        Assert.IsTrue(Arrives(lab, "a", "b", frame), "without the table it arrives: the attack is one");
        Assert.IsTrue(lab.Reconcile());
        Assert.IsFalse(Arrives(lab, "a", "b", frame), lab.Table()?.ToString());
        Assert.IsGreaterThanOrEqualTo(1UL, lab.Count(BridgeTable.SpoofedCounter));
    }

    /// <summary>No policy covers a link-local address, so pods may use it only for neighbor discovery.</summary>
    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    public void Link_local_addresses_lead_around_no_policy(bool from, bool to)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        var source = from ? lab.LinkLocalOf("a") : BridgeLab.Addresses(1)[1];
        var destination = to ? lab.LinkLocalOf("b") : BridgeLab.Addresses(2)[1];
        var frame = Unicast(lab, Frames.Ipv6, Frames.Udp(source, destination, 1000, 2000, Marker));
        lab.Open();
        Assert.IsTrue(Arrives(lab, "a", "b", frame));
        Assert.IsTrue(lab.Reconcile());
        Assert.IsFalse(Arrives(lab, "a", "b", frame));
        Assert.AreEqual(1UL, lab.Count(BridgeTable.UnevaluatedCounter));
    }

    /// <summary>No policy can evaluate broadcasts and multicasts, so they do not arrive at pods that policies select.</summary>
    [TestMethod]
    [DataRow("broadcast")]
    [DataRow("multicast, IPv4")]
    [DataRow("multicast, IPv6")]
    [DataRow("multicast in a unicast frame")]
    [DataRow("an address of the pod that the API does not know")]
    public void What_no_policy_can_evaluate_does_not_reach_a_pod_that_policies_select(string kind)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        var a = BridgeLab.Addresses(1)[0];
        var frame = kind switch
        {
            "multicast in a unicast frame" => Unicast(lab, Frames.Ipv4, Frames.Udp(a, IPAddress.Parse("224.0.0.1"), 1000, 2000, Marker)),
            "an address of the pod that the API does not know" => Unicast(lab, Frames.Ipv4, Frames.Udp(a, IPAddress.Parse("192.0.2.9"), 1000, 2000, Marker)),
            _ => Honest(kind, lab, "b"),
        };
        Assert.IsTrue(Arrives(lab, "a", "b", frame), "no policy selects the receiver");
        lab.Isolate(2);
        Assert.IsFalse(Arrives(lab, "a", "b", frame), lab.Table()?.ToString());
        Assert.IsGreaterThanOrEqualTo(1UL, lab.Count(BridgeTable.UnevaluatedCounter));
    }

    /// <summary>Frames that the kernel of a selected pod needs, and packets that policies of the family inet evaluate.</summary>
    [TestMethod]
    [DataRow("UDP, IPv4")]
    [DataRow("UDP, IPv6")]
    [DataRow("ARP request")]
    [DataRow("ARP reply")]
    [DataRow("gratuitous ARP")]
    [DataRow("neighbor solicitation")]
    [DataRow("neighbor advertisement")]
    [DataRow("duplicate address detection")]
    public void What_a_selected_pod_needs_reaches_it(string kind)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        lab.Isolate(2);
        Assert.IsTrue(Arrives(lab, "a", "b", Honest(kind, lab, "b")), lab.Table()?.ToString());
        Assert.IsTrue(Arrives(lab, "router", "b", Attack("router advertisement", lab, from: "router")), lab.Table()?.ToString());
    }

    /// <summary>What worked without the table works with it.</summary>
    [TestMethod]
    [DataRow("UDP, IPv4", "b")]
    [DataRow("UDP, IPv6", "b")]
    [DataRow("SYN, IPv4", "b")]
    [DataRow("SYN, IPv6", "b")]
    [DataRow("UDP, IPv4", "router")]
    [DataRow("multicast, IPv4", "b")]
    [DataRow("multicast, IPv6", "b")]
    [DataRow("broadcast", "b")]
    [DataRow("ARP request", "b")]
    [DataRow("ARP reply", "b")]
    [DataRow("gratuitous ARP", "b")]
    [DataRow("ARP probe", "b")]
    [DataRow("DHCP discover", "router")]
    [DataRow("DHCPv6 solicit", "router")]
    [DataRow("router solicitation", "router")]
    [DataRow("router solicitation without an address", "router")]
    [DataRow("neighbor solicitation", "b")]
    [DataRow("neighbor solicitation, link-local", "b")]
    [DataRow("neighbor advertisement", "b")]
    [DataRow("duplicate address detection", "b")]
    [DataRow("multicast listener report", "router")]
    [DataRow("echo request, IPv6", "b")]
    public void Honest_frames_pass(string kind, string to)
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.Know(1, 2);
        Assert.IsTrue(Arrives(lab, "a", to, Honest(kind, lab, to)), lab.Table()?.ToString());
        Assert.AreEqual(0UL, lab.Count(BridgeTable.SpoofedCounter));
    }

    /// <summary>A gateway pod forwards for others. What it says in ARP and neighbor discovery is of itself.</summary>
    [TestMethod]
    public void A_port_sends_from_what_its_pod_is_granted_and_no_other_port_does()
    {
        using var lab = new BridgeLab();
        lab.AddPod("a", 1);
        lab.AddPod("b", 2);
        lab.AddPod("c", 3);
        lab.Know(1, 2, 3);
        lab.Grant(1, "10.99.0.0/16", "fd99::/64");
        var (v4, v6) = (IPAddress.Parse("10.99.7.9"), IPAddress.Parse("fd99::9"));
        foreach (var (source, target) in new[] { (v4, BridgeLab.Addresses(2)[0]), (v6, BridgeLab.Addresses(2)[1]) })
        {
            Assert.IsTrue(Arrives(lab, "a", "b", Datagram("a", source, target)), $"{source} is granted: {lab.Table()}");
            Assert.IsFalse(Arrives(lab, "c", "b", Datagram("c", source, target)), $"{source} is granted to another port");
        }
        Assert.IsTrue(Arrives(lab, "a", "b", Datagram("a", BridgeLab.Addresses(1)[0], BridgeLab.Addresses(2)[0])), "its own address");
        Assert.IsTrue(Arrives(lab, "a", "b", Icmp(v6, 128)), "an echo request is forwarded as well");
        foreach (var outside in new[] { "10.98.255.255", "10.100.0.0" })
            Assert.IsFalse(Arrives(lab, "a", "b", Datagram("a", IPAddress.Parse(outside), BridgeLab.Addresses(2)[0])), $"{outside} is not granted");
        Assert.IsFalse(Arrives(lab, "a", "b", Datagram("a", BridgeLab.Addresses(3)[0], BridgeLab.Addresses(2)[0])), "another pod's address is not granted");
        foreach (byte type in new byte[] { 133, 134, 135, 136, 137 })
            Assert.IsFalse(Arrives(lab, "a", "b", Icmp(v6, type)), $"ICMPv6 type {type} of a granted address");
        Assert.IsFalse(Arrives(lab, "a", "b", Frames.Ethernet(lab.HardwareOf("a"), Frames.Broadcast, Frames.Arp, Frames.ArpMessage(2, lab.HardwareOf("a"), v4, BridgeLab.Addresses(2)[0], Marker))), "ARP of a granted address");
        lab.Grant(1);
        Assert.IsFalse(Arrives(lab, "a", "b", Datagram("a", v4, BridgeLab.Addresses(2)[0])), "the grant is taken back");

        byte[] Datagram(string from, IPAddress source, IPAddress target) => Frames.Ethernet(
            lab.HardwareOf(from), lab.HardwareOf("b"), source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Frames.Ipv6 : Frames.Ipv4, Frames.Udp(source, target, 1234, 99, Marker));

        byte[] Icmp(IPAddress source, byte type) =>
            Frames.Ethernet(lab.HardwareOf("a"), lab.HardwareOf("b"), Frames.Ipv6, Frames.IcmpV6(source, BridgeLab.Addresses(2)[1], type, MarkerBytes));
    }

    /// <summary>What an uplink sends is not limited: routers, DHCP servers and other hosts are behind it.</summary>
    [TestMethod]
    [DataRow("router advertisement")]
    [DataRow("IPv4 of a host outside")]
    [DataRow("a tag of VLAN 0")]
    [DataRow("QinQ")]
    [DataRow("ARP reply of the node")]
    public void Frames_of_an_uplink_are_not_limited(string kind)
    {
        using var lab = new BridgeLab();
        lab.AddPod("b", 2);
        lab.Know(2);
        Assert.IsTrue(Arrives(lab, "router", "b", Attack(kind, lab, from: "router")), lab.Table()?.ToString());
    }

    /// <summary>Whether a frame of one port comes out at another. What is sent behind it, in the same way, must come in any case.</summary>
    private static bool Arrives(BridgeLab lab, string from, string to, byte[] frame)
    {
        using var receiver = lab.Frames(to);
        using var sender = lab.Frames(from);
        sender.Send(frame);
        const string Last = "this is the last";
        var own = lab.HardwareOf(from);
        sender.Send(Frames.Ethernet(own, Frames.Broadcast, Frames.Arp, Frames.ArpMessage(1, own, IPAddress.Any, BridgeLab.Addresses(1)[0], Last)));
        return receiver.ReceiveUntil(Last, Timeout).Exists(f => f.Contains(Marker, StringComparison.Ordinal));
    }

    private static byte[] Unicast(BridgeLab lab, ushort type, byte[] payload, string from = "a", string to = "b") =>
        Frames.Ethernet(lab.HardwareOf(from), lab.HardwareOf(to), type, payload);

    private static byte[] Attack(string attack, BridgeLab lab, string from = "a")
    {
        var (a, b, node) = (BridgeLab.Addresses(1), BridgeLab.Addresses(2), BridgeLab.Addresses(254));
        var (own, outside) = (lab.HardwareOf(from), IPAddress.Parse("203.0.113.7"));
        var linkLocal = lab.LinkLocalOf(from);
        byte[] Sent(ushort type, byte[] payload) => Unicast(lab, type, payload, from);
        return attack switch
        {
            "a tag of VLAN 0" => Frames.Tagged(Sent(Frames.Ipv4, Frames.Udp(a[0], b[0], 1000, 2000, Marker))),
            "a tag of VLAN 0 on IPv6" => Frames.Tagged(Sent(Frames.Ipv6, Frames.Udp(a[1], b[1], 1000, 2000, Marker))),
            "an ethertype that is not IP" => Sent(0x88b5, MarkerBytes),
            "QinQ" => Sent(0x88a8, [0, 5, 0x81, 0, 0, 6, 8, 0, .. Frames.Udp(a[0], b[0], 1000, 2000, Marker)]),
            "IPv4 of another pod" => Sent(Frames.Ipv4, Frames.Udp(b[0], b[0], 1000, 2000, Marker)),
            "IPv6 of another pod" => Sent(Frames.Ipv6, Frames.Udp(b[1], b[1], 1000, 2000, Marker)),
            "a SYN of another pod, IPv4" => Sent(Frames.Ipv4, Frames.Syn(b[0], a[0], 22, 5000, Marker)),
            "a SYN of another pod, IPv6" => Sent(Frames.Ipv6, Frames.Syn(b[1], a[1], 22, 5000, Marker)),
            "IPv4 of a host outside" => Sent(Frames.Ipv4, Frames.Udp(outside, b[0], 1000, 2000, Marker)),
            "IPv4 of the node" => Sent(Frames.Ipv4, Frames.Udp(node[0], b[0], 1000, 2000, Marker)),
            "IPv4 without a source" => Sent(Frames.Ipv4, Frames.Udp(IPAddress.Any, b[0], 1000, 2000, Marker)),
            "ARP reply of another pod" => Sent(Frames.Arp, Frames.ArpMessage(2, own, b[0], a[0], Marker)),
            "ARP request of another pod" => Sent(Frames.Arp, Frames.ArpMessage(1, own, b[0], a[0], Marker)),
            "ARP reply of the node" => Sent(Frames.Arp, Frames.ArpMessage(2, own, node[0], b[0], Marker)),
            "router advertisement" => Sent(Frames.Ipv6, Frames.IcmpV6(linkLocal, AllNodes, 134, Advertisement)),
            "router advertisement behind an extension header" => Sent(Frames.Ipv6, Frames.HiddenIcmpV6(linkLocal, AllNodes, 134, Advertisement)),
            "router advertisement of its global address" => Sent(Frames.Ipv6, Frames.IcmpV6(a[1], AllNodes, 134, Advertisement)),
            "redirect" => Sent(Frames.Ipv6, Frames.IcmpV6(linkLocal, b[1], 137, [0, 0, 0, 0, .. a[1].GetAddressBytes(), .. node[1].GetAddressBytes(), .. MarkerBytes])),
            "neighbor advertisement for another pod" => Sent(Frames.Ipv6, Neighbor(136, a[1], AllNodes, b[1])),
            "neighbor advertisement for the node" => Sent(Frames.Ipv6, Neighbor(136, linkLocal, AllNodes, node[1])),
            "neighbor advertisement in the name of another pod" => Sent(Frames.Ipv6, Neighbor(136, b[1], AllNodes, a[1])),
            "link-local address of another pod" => Sent(Frames.Ipv6, Neighbor(135, lab.LinkLocalOf("b"), AllNodes, a[1])),
            "echo request of another pod" => Sent(Frames.Ipv6, Frames.IcmpV6(b[1], AllNodes, 128, [0, 0, 0, 0, .. MarkerBytes])),
            _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, "no such attack"),
        };
    }

    private static byte[] Honest(string kind, BridgeLab lab, string to)
    {
        var (a, b) = (BridgeLab.Addresses(1), BridgeLab.Addresses(2));
        var own = lab.HardwareOf("a");
        var linkLocal = lab.LinkLocalOf("a");
        byte[] Sent(ushort type, byte[] payload) => Unicast(lab, type, payload, to: to);
        byte[] ToAll(ushort type, byte[] payload, string multicast = "ff:ff:ff:ff:ff:ff") => Frames.Ethernet(own, PhysicalAddress.Parse(multicast), type, payload);
        return kind switch
        {
            "UDP, IPv4" => Sent(Frames.Ipv4, Frames.Udp(a[0], b[0], 1000, 2000, Marker)),
            "UDP, IPv6" => Sent(Frames.Ipv6, Frames.Udp(a[1], b[1], 1000, 2000, Marker)),
            "SYN, IPv4" => Sent(Frames.Ipv4, Frames.Syn(a[0], b[0], 1000, 2000, Marker)),
            "SYN, IPv6" => Sent(Frames.Ipv6, Frames.Syn(a[1], b[1], 1000, 2000, Marker)),
            "multicast, IPv4" => ToAll(Frames.Ipv4, Frames.Udp(a[0], IPAddress.Parse("224.0.0.251"), 5353, 5353, Marker), "01:00:5e:00:00:fb"),
            "multicast, IPv6" => ToAll(Frames.Ipv6, Frames.Udp(a[1], AllNodes, 5353, 5353, Marker), "33:33:00:00:00:01"),
            "broadcast" => ToAll(Frames.Ipv4, Frames.Udp(a[0], IPAddress.Parse("10.9.0.255"), 1000, 2000, Marker)),
            "ARP request" => ToAll(Frames.Arp, Frames.ArpMessage(1, own, a[0], b[0], Marker)),
            "ARP reply" => Sent(Frames.Arp, Frames.ArpMessage(2, own, a[0], b[0], Marker)),
            "gratuitous ARP" => ToAll(Frames.Arp, Frames.ArpMessage(1, own, a[0], a[0], Marker)),
            "ARP probe" => ToAll(Frames.Arp, Frames.ArpMessage(1, own, IPAddress.Any, a[0], Marker)),
            "DHCP discover" => ToAll(Frames.Ipv4, Frames.Udp(IPAddress.Any, IPAddress.Broadcast, 68, 67, Marker)),
            "DHCPv6 solicit" => ToAll(Frames.Ipv6, Frames.Udp(linkLocal, IPAddress.Parse("ff02::1:2"), 546, 547, Marker), "33:33:00:01:00:02"),
            "router solicitation" => ToAll(Frames.Ipv6, Frames.IcmpV6(linkLocal, AllRouters, 133, [0, 0, 0, 0, .. MarkerBytes]), "33:33:00:00:00:02"),
            "router solicitation without an address" => ToAll(Frames.Ipv6, Frames.IcmpV6(IPAddress.IPv6Any, AllRouters, 133, [0, 0, 0, 0, .. MarkerBytes]), "33:33:00:00:00:02"),
            "neighbor solicitation" => ToAll(Frames.Ipv6, Neighbor(135, a[1], AllNodes, b[1]), "33:33:00:00:00:01"),
            "neighbor solicitation, link-local" => ToAll(Frames.Ipv6, Neighbor(135, linkLocal, AllNodes, b[1]), "33:33:00:00:00:01"),
            "neighbor advertisement" => Sent(Frames.Ipv6, Neighbor(136, a[1], b[1], a[1])),
            "duplicate address detection" => ToAll(Frames.Ipv6, Neighbor(135, IPAddress.IPv6Any, AllNodes, a[1]), "33:33:00:00:00:01"),
            "multicast listener report" => ToAll(Frames.Ipv6, Frames.IcmpV6(IPAddress.IPv6Any, AllRouters, 143, [0, 0, 0, 0, .. MarkerBytes], 1), "33:33:00:00:00:02"),
            "echo request, IPv6" => Sent(Frames.Ipv6, Frames.IcmpV6(a[1], b[1], 128, [0, 0, 0, 0, .. MarkerBytes])),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such frame"),
        };
    }

    /// <summary>Half an hour of lifetime, and the marker as an unknown option.</summary>
    private static byte[] Advertisement => [64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 200, 1, .. Encoding.ASCII.GetBytes(Marker)];

    private static byte[] Neighbor(byte type, IPAddress from, IPAddress to, IPAddress target) =>
        Frames.IcmpV6(from, to, type, [0x60, 0, 0, 0, .. target.GetAddressBytes(), 200, 1, .. Encoding.ASCII.GetBytes(Marker)]);
}
