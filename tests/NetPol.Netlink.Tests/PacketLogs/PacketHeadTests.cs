using System.Net;
using NetPol.Netlink.PacketLogs;

namespace NetPol.Netlink.Tests.PacketLogs;

[TestClass, TestCategory("Unit")]
public sealed class PacketHeadTests
{
    private const string V4 = "4500003c0000400040PP00000a0000010a000002";
    private const string V6 = "6000000000ffPP40fd000000000000000000000000000001fd000000000000000000000000000002";
    private const string Ports = "d4311538";

    /// <summary>Packets truncated at different parts; PP is the protocol.</summary>
    public static IEnumerable<(string What, string Hex, byte Protocol, (ushort, ushort)? Ports, (byte, byte)? Icmp)> Rows =>
    [
        ("tcp", V4.Replace("PP", "06") + Ports, 6, (54321, 5432), null),
        ("udp", V4.Replace("PP", "11") + Ports, 17, (54321, 5432), null),
        ("sctp", V4.Replace("PP", "84") + Ports, 132, (54321, 5432), null),
        ("icmp", V4.Replace("PP", "01") + "0800", 1, null, (8, 0)),
        ("gre", V4.Replace("PP", "2f") + Ports, 47, null, null),
        ("options", V4.Replace("PP", "06").Replace("4500", "4600") + "01010101" + Ports, 6, (54321, 5432), null),
        ("truncated in options", V4.Replace("PP", "06").Replace("4500", "4600") + "0101", 6, null, null),
        ("truncated in ports", V4.Replace("PP", "06") + "d43115", 6, null, null),
        ("later fragment", V4.Replace("PP", "11").Replace("4000", "0001") + Ports, 17, null, null),
        ("tcp6", V6.Replace("PP", "06") + Ports, 6, (54321, 5432), null),
        ("icmp6", V6.Replace("PP", "3a") + "8000", 58, null, (128, 0)),
        ("extensions", V6.Replace("PP", "00") + "3c00000000000000" + "2c01000000000000" + "0000000000000000" + "1100000000000001" + Ports, 17, (54321, 5432), null),
        ("later fragment 6", V6.Replace("PP", "2c") + "1100000800000001" + Ports, 17, null, null),
        ("authenticated", V6.Replace("PP", "33") + "0601000000000000" + "00000000" + Ports, 6, (54321, 5432), null),
        ("truncated extension", V6.Replace("PP", "00") + "06ff000000000000", 0, null, null),
    ];

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void The_headers_of_a_packet_are_read(string what, string hex, byte protocol, (ushort, ushort)? ports, (byte, byte)? icmp)
    {
        var head = PacketHeaders.Read(Convert.FromHexString(hex));
        var v6 = hex[0] == '6';
        Assert.IsNotNull(head, what);
        Assert.AreEqual((IPAddress.Parse(v6 ? "fd00::1" : "10.0.0.1"), IPAddress.Parse(v6 ? "fd00::2" : "10.0.0.2")), (head.Source, head.Destination), what);
        Assert.AreEqual((protocol, ports, icmp), (head.Protocol, head.Ports, head.Icmp), what);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("45")]
    [DataRow("4400003c00004000400600000a0000010a000002")]
    [DataRow("60000000")]
    [DataRow("5000003c00004000400600000a0000010a000002")]
    public void What_does_not_begin_a_packet_is_none(string hex) => Assert.IsNull(PacketHeaders.Read(Convert.FromHexString(hex)));
}
