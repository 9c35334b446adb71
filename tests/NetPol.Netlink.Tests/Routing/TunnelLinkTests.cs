using System.Globalization;
using NetPol.Netlink.Routing;

namespace NetPol.Netlink.Tests.Routing;

/// <summary>
/// What link messages say of tunnels. The messages are built from the layouts of the kernel's headers; VXLAN alone is also read from a real device,
/// since the kernel that runs the tests may lack the other kinds.
/// </summary>
[TestClass, TestCategory("Kernel")]
public sealed class TunnelLinkTests
{
    [TestMethod]
    public void Vxlan_says_its_port() => // IFLA_VXLAN_ID = 1, IFLA_VXLAN_PORT = 15 (be16), IFLA_VXLAN_COLLECT_METADATA = 25 (u8) of linux/if_link.h
        Assert.AreEqual(
            new TunnelSettings { Port = 8472, CollectsMetadata = true },
            Tunnel("vxlan", data =>
            {
                data.WriteUInt32(1, 7);
                data.WriteUInt16BigEndian(15, 8472);
                data.WriteByte(25, 1);
            }));

    [TestMethod]
    public void Geneve_says_its_port() => // IFLA_GENEVE_PORT = 5 (be16), IFLA_GENEVE_COLLECT_METADATA = 6 (flag) of linux/if_link.h
        Assert.AreEqual(
            new TunnelSettings { Port = 6081, CollectsMetadata = true },
            Tunnel("geneve", data =>
            {
                data.WriteUInt16BigEndian(5, 6081);
                data.WriteFlag(6);
            }));

    [TestMethod]
    public void Bareudp_says_its_port() => // IFLA_BAREUDP_PORT = 1 (be16) of linux/if_link.h
        Assert.AreEqual(new TunnelSettings { Port = 6635 }, Tunnel("bareudp", data => data.WriteUInt16BigEndian(1, 6635)));

    [TestMethod]
    public void Amt_says_both_ports() => // IFLA_AMT_RELAY_PORT = 2, IFLA_AMT_GATEWAY_PORT = 3 (be16) of linux/amt.h
        Assert.AreEqual(
            new TunnelSettings { Port = 2268, UdpSourcePort = 2269 },
            Tunnel("amt", data =>
            {
                data.WriteUInt16BigEndian(2, 2268);
                data.WriteUInt16BigEndian(3, 2269);
            }));

    [TestMethod]
    [DataRow("ipip")]
    [DataRow("sit")]
    [DataRow("ip6tnl")]
    public void Ip_in_ip_says_what_is_inside_and_whether_udp_is_around_it(string kind) =>
        // IFLA_IPTUN_PROTO = 9 (u8), _ENCAP_TYPE = 15 (u16; TUNNEL_ENCAP_FOU = 1), _ENCAP_SPORT = 17, _ENCAP_DPORT = 18 (be16), _COLLECT_METADATA = 19 of linux/if_tunnel.h
        Assert.AreEqual(
            new TunnelSettings { InnerProtocol = 4, IsInsideUdp = true, UdpSourcePort = 5554, UdpDestinationPort = 5555, CollectsMetadata = true },
            Tunnel(kind, data =>
            {
                data.WriteByte(9, 4);
                data.WriteUInt16(15, 1);
                data.WriteUInt16BigEndian(17, 5554);
                data.WriteUInt16BigEndian(18, 5555);
                data.WriteFlag(19);
            }));

    [TestMethod]
    [DataRow("gre")]
    [DataRow("gretap")]
    [DataRow("erspan")]
    [DataRow("ip6gre")]
    [DataRow("ip6gretap")]
    [DataRow("ip6erspan")]
    public void Gre_says_whether_udp_is_around_it(string kind) =>
        // IFLA_GRE_ENCAP_TYPE = 14 (u16; TUNNEL_ENCAP_GUE = 2), _ENCAP_SPORT = 16, _ENCAP_DPORT = 17 (be16), _COLLECT_METADATA = 18 of linux/if_tunnel.h
        Assert.AreEqual(
            new TunnelSettings { IsInsideUdp = true, UdpSourcePort = 6080, UdpDestinationPort = 6081, CollectsMetadata = true },
            Tunnel(kind, data =>
            {
                data.WriteUInt16(14, 2);
                data.WriteUInt16BigEndian(16, 6080);
                data.WriteUInt16BigEndian(17, 6081);
                data.WriteFlag(18);
            }));

    [TestMethod]
    [DataRow("wireguard")]
    [DataRow("gtp")]
    public void A_tunnel_without_settings_here_is_a_tunnel(string kind) => Assert.AreEqual(new TunnelSettings(), Tunnel(kind, null));

    [TestMethod]
    [DataRow("veth")]
    [DataRow("bridge")]
    [DataRow("macsec")]
    [DataRow("xfrm")]
    public void Other_kinds_are_no_tunnels(string kind) => Assert.IsNull(Tunnel(kind, data => data.WriteUInt16BigEndian(15, 8472)));

    [TestMethod]
    public void The_order_of_kind_and_data_does_not_matter()
    {
        var message = Header();
        var info = message.BeginNested(18);
        var data = message.BeginNested(2);
        message.WriteUInt16BigEndian(15, 4789);
        message.EndNested(data);
        message.WriteString(1, "vxlan");
        message.EndNested(info);
        Assert.AreEqual(new TunnelSettings { Port = 4789 }, Link.Read(message.Written).Tunnel);
    }

    [TestMethod]
    public void A_port_of_a_wrong_size_is_refused() =>
        Assert.ThrowsExactly<NetlinkFormatException>(() => Tunnel("vxlan", data => data.WriteUInt32(15, 8472)));

    [TestMethod]
    public void Lower_device_and_its_namespace_are_read()
    {
        // IFLA_LINK = 5, IFLA_MASTER = 10, IFLA_LINK_NETNSID = 37 of linux/if_link.h
        var message = Header();
        message.WriteUInt32(5, 3);
        message.WriteUInt32(10, 9);
        message.WriteUInt32(37, 0);
        var link = Link.Read(message.Written);
        Assert.AreEqual((3, 9, true), (link.Lower, link.Master, link.IsLowerElsewhere));
        Assert.IsFalse(Link.Read(Header().Written).IsLowerElsewhere);
    }

    [TestMethod]
    public void A_real_device_says_the_same()
    {
        using var test = new TestNamespace();
        test.Exec("ip", "link", "add", "flannel.1", "type", "vxlan", "id", "1", "dstport", "8472", "nolearning");
        test.Exec("ip", "link", "add", "vxlan_sys", "type", "vxlan", "external", "dstport", "4789");
        using var routes = test.Namespace.Run(RouteSocket.Open);
        Assert.AreEqual(new TunnelSettings { Port = 8472 }, routes.GetLink("flannel.1").Tunnel);
        Assert.AreEqual(new TunnelSettings { Port = 4789, CollectsMetadata = true }, routes.GetLink("vxlan_sys").Tunnel);
        Assert.IsTrue(routes.GetLink("lo").IsLoopback);
    }

    private static TunnelSettings? Tunnel(string kind, Action<MessageWriter>? write)
    {
        var message = Header();
        // IFLA_LINKINFO = 18, IFLA_INFO_KIND = 1, IFLA_INFO_DATA = 2
        var info = message.BeginNested(18);
        message.WriteString(1, kind);
        if (write is not null)
        {
            var data = message.BeginNested(2);
            write(message);
            message.EndNested(data);
        }
        message.EndNested(info);
        var link = Link.Read(message.Written);
        Assert.AreEqual(kind, link.Kind, string.Create(CultureInfo.InvariantCulture, $"link {link.Index}"));
        return link.Tunnel;
    }

    /// <summary>struct ifinfomsg of linux/rtnetlink.h: family, pad, type, index, flags, change.</summary>
    private static MessageWriter Header()
    {
        var message = new MessageWriter();
        message.WriteRaw([0, 0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        return message;
    }
}
