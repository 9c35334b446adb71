using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Netlink;

namespace NetPol.Attacks.Tests;

/// <summary>A node whose table of connections has no room: nothing passes unjudged for that.</summary>
[TestClass]
public sealed class FullConntrackTableTests
{
    /// <summary>With more room than this, filling it would take longer than it is worth.</summary>
    private const int MostRoom = 500_000;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Full_table_drops_new_and_keeps_established(bool v6)
    {
        var room = int.Parse(File.ReadAllText("/proc/sys/net/netfilter/nf_conntrack_max"), CultureInfo.InvariantCulture);
        if (room > MostRoom)
            Assert.Inconclusive($"this kernel has room for {room} connections (net.netfilter.nf_conntrack_max)");
        using var lab = new AttackLab(v6, []);
        var family = v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        using var server = lab.In("b", () => Bound(lab.B, AttackLab.AllowedPort));
        using var established = lab.In("c", () => Bound(lab.C, 0));
        Assert.AreEqual("first", Received(established, "first"));
        server.SendTo([1], established.LocalEndPoint!);
        using (var other = lab.In("c", () => Bound(lab.C, 0)))
            Assert.AreEqual("while there is room", Received(other, "while there is room"));

        Fill(lab, room, v6);
        using var sniffer = lab.In("b", () => RawSocket.Open(family, Packet.Udp));
        lab.Send("a", Packet.Ip(lab.A, lab.B, Packet.Udp, Packet.UdpDatagram(4000, 99, "ATTACK")), Packet.Ip(lab.A, lab.B, Packet.Udp, Packet.UdpDatagram(4000, AttackLab.AllowedPort, "ATTACK")));
        using (var late = lab.In("c", () => Bound(lab.C, 0)))
            late.SendTo(Encoding.ASCII.GetBytes("NO ROOM"), server.LocalEndPoint!);
        Assert.AreEqual("last", Received(established, "last"), "what is allowed and has no room is dropped, what is established goes on");
        sniffer.Blocking = false;
        var bytes = new byte[65536];
        while (sniffer.Available > 0)
            Assert.DoesNotContain("ATTACK", Encoding.ASCII.GetString(bytes, 0, sniffer.Receive(bytes)));

        Socket Bound(IPAddress address, int port)
        {
            var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }

        string Received(Socket from, string text)
        {
            from.SendTo(Encoding.ASCII.GetBytes(text), server.LocalEndPoint!);
            server.ReceiveTimeout = 30_000;
            var received = new byte[64];
            return Encoding.ASCII.GetString(received, 0, server.Receive(received));
        }
    }

    /// <summary>Adds connections to n1 until the kernel takes no more; none of them is one that it would give up for another.</summary>
    private static void Fill(AttackLab lab, int room, bool v6) => lab.In("n1", () =>
    {
        var start = new ProcessStartInfo("conntrack", ["-R", "-"]) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
        using var conntrack = Process.Start(start)!;
        var complaint = conntrack.StandardError.ReadToEndAsync();
        try
        {
            for (var i = 0; i < room; i++)
            {
                var source = v6 ? $"fd99::{i >> 16:x}:{i & 0xffff:x}" : $"10.200.{(i >> 8) & 255}.{i & 255}";
                conntrack.StandardInput.WriteLine($"-I -p udp -s {source} -d {lab.B} --sport {20000 + (i >> 16)} --dport 80 -t 600 -u ASSURED,SEEN_REPLY");
            }
            conntrack.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended: there is no more room.
        }
        conntrack.WaitForExit();
        var count = int.Parse(File.ReadAllText("/proc/sys/net/netfilter/nf_conntrack_count"), CultureInfo.InvariantCulture);
        Assert.IsGreaterThanOrEqualTo(room, count, $"the table is full; conntrack: {complaint.GetAwaiter().GetResult()}");
        return true;
    });
}
