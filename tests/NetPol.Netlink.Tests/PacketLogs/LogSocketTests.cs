using System.Net;
using System.Net.Sockets;
using NetPol.Netlink.PacketLogs;
using NetPol.Netlink.Routing;

namespace NetPol.Netlink.Tests.PacketLogs;

[TestClass, TestCategory("Kernel")]
public sealed class LogSocketTests
{
    private const ushort Group = 7;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    [TestMethod]
    public void A_logged_packet_comes_with_its_prefix_and_the_head_of_its_packet()
    {
        using var test = new TestNamespace();
        LogWhatIsSent(test);
        using var log = test.Namespace.Run(() => LogSocket.Bind(Group, new()));
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using var sender = Udp(test, address);
            var to = new IPEndPoint(address, 53);
            sender.SendTo([1, 2, 3], to);
            var (prefix, head) = Assert.ContainsSingle(Receive(log, 1));
            Assert.AreEqual("v_1", prefix);
            Assert.AreEqual((address, address, (byte)17), (head.Source, head.Destination, head.Protocol));
            Assert.AreEqual(((ushort)((IPEndPoint)sender.LocalEndPoint!).Port, (ushort)53), head.Ports);
        }
        Assert.AreEqual(0, log.LostPackets);
        Assert.IsFalse(log.Receive(TimeSpan.Zero, (in _) => Assert.Fail("nothing else was sent")));
    }

    [TestMethod]
    public void Packets_that_are_not_read_in_time_are_counted_as_lost()
    {
        const int Sent = 3000;
        using var test = new TestNamespace();
        LogWhatIsSent(test);
        using var log = test.Namespace.Run(() => LogSocket.Bind(Group, new() { ReceiveBuffer = 4096, BatchPackets = 1 }));
        using var sender = Udp(test, IPAddress.Loopback);
        for (var i = 0; i < Sent; i++)
            sender.SendTo([1], new IPEndPoint(IPAddress.Loopback, 53));
        var received = 0;
        while (log.Receive(TimeSpan.Zero, (in _) => received++))
        {
        }
        // The loss is known by the number of the next packet.
        sender.SendTo([1], new IPEndPoint(IPAddress.Loopback, 53));
        received += Receive(log, 1).Count;
        Assert.IsGreaterThan(0, log.LostPackets);
        Assert.AreEqual(Sent + 1, received + log.LostPackets);
    }

    [TestMethod]
    public void A_group_that_another_socket_has_is_refused_until_that_one_closes()
    {
        using var test = new TestNamespace();
        var first = test.Namespace.Run(() => LogSocket.Bind(Group, new()));
        var refused = Assert.ThrowsExactly<NetlinkException>(() => test.Namespace.Run(() => LogSocket.Bind(Group, new())));
        Assert.AreEqual((NetlinkErrno.NotPermitted, $"bind log group {Group}: EPERM"), (refused.Errno, refused.Message));
        using (test.Namespace.Run(() => LogSocket.Bind(Group + 1, new())))
        {
        }
        first.Dispose();
        using var second = test.Namespace.Run(() => LogSocket.Bind(Group, new()));
    }

    private static List<(string Prefix, PacketHeaders Head)> Receive(LogSocket log, int count)
    {
        List<(string, PacketHeaders)> packets = [];
        while (packets.Count < count && log.Receive(Timeout, (in packet) => packets.Add((packet.Prefix, PacketHeaders.Read(packet.Payload)!))))
        {
        }
        return packets;
    }

    private static Socket Udp(TestNamespace test, IPAddress address)
    {
        var socket = test.Namespace.Run(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static void LogWhatIsSent(TestNamespace test)
    {
        using var routes = test.Namespace.Run(RouteSocket.Open);
        routes.SetUp(routes.GetLink("lo").Index);
        test.Exec("nft", $"table inet logs {{ chain output {{ type filter hook output priority 0; meta l4proto udp log prefix \"v_1\" group {Group} snaplen 64; }}; }}");
    }
}
