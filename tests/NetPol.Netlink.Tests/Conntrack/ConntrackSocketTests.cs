using System.Net;
using System.Net.Sockets;
using NetPol.Netlink.Conntrack;
using NetPol.Netlink.Routing;

namespace NetPol.Netlink.Tests.Conntrack;

[TestClass, TestCategory("Kernel")]
public sealed class ConntrackSocketTests
{
    [TestMethod]
    public void Connections_are_listed_and_each_is_deleted_once()
    {
        using var test = new TestNamespace();
        Track(test);
        using var socket = test.Namespace.Run(ConntrackSocket.Open);
        using var listener = Listen(test);
        using var client = Connect(test, listener);
        using var datagrams = test.Namespace.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        datagrams.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        datagrams.SendTo([1], datagrams.LocalEndPoint!);

        var entries = List(socket);
        var tcp = Assert.ContainsSingle(entries.Where(entry => entry.Original.Protocol == 6));
        var from = (IPEndPoint)client.LocalEndPoint!;
        var to = (IPEndPoint)listener.LocalEndPoint!;
        var original = new ConntrackTuple(from.Address, to.Address, 6) { SourcePort = (ushort)from.Port, DestinationPort = (ushort)to.Port };
        Assert.AreEqual(original, tcp.Original);
        Assert.AreEqual(new ConntrackTuple(to.Address, from.Address, 6) { SourcePort = (ushort)to.Port, DestinationPort = (ushort)from.Port }, tcp.Reply);
        Assert.AreEqual((byte)3, tcp.ProtocolState, "established");
        Assert.IsTrue(tcp.Status.HasFlag(ConntrackStatus.SeenReply | ConntrackStatus.Assured));
        var udp = Assert.ContainsSingle(entries.Where(entry => entry.Original.Protocol == 17));
        Assert.AreEqual(IPAddress.IPv6Loopback, udp.Original.Source);

        Assert.IsTrue(socket.Contains(tcp.Original) && socket.Contains(udp.Original));
        Assert.IsFalse(socket.Delete(tcp with { Id = tcp.Id + 1 }), "a connection with another id was deleted");
        foreach (var entry in new[] { tcp, udp })
        {
            Assert.IsTrue(socket.Delete(entry));
            Assert.IsFalse(socket.Delete(entry));
            Assert.IsFalse(socket.Contains(entry.Original));
        }
        Assert.IsEmpty(List(socket).Where(entry => entry.Original.Protocol is 6 or 17));
    }

    [TestMethod]
    public void A_connection_is_over_when_its_ends_have_closed_it()
    {
        using var test = new TestNamespace();
        Track(test);
        using var socket = test.Namespace.Run(ConntrackSocket.Open);
        using var listener = Listen(test);
        using var client = Connect(test, listener);
        using var server = listener.Accept();
        Assert.IsFalse(Assert.ContainsSingle(List(socket)).IsClosed);
        client.Shutdown(SocketShutdown.Send);
        Assert.IsFalse(Assert.ContainsSingle(List(socket)).IsClosed, "one end may still send");
        server.Shutdown(SocketShutdown.Send);
        Assert.IsTrue(Assert.ContainsSingle(List(socket)).IsClosed);
    }

    private static Socket Listen(TestNamespace test)
    {
        var listener = Stream(test);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static Socket Connect(TestNamespace test, Socket listener)
    {
        var client = Stream(test);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    private static Socket Stream(TestNamespace test) => test.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private static List<ConntrackEntry> List(ConntrackSocket socket)
    {
        var entries = new List<ConntrackEntry>();
        socket.ReadAll(entries.Add);
        return entries;
    }

    /// <summary>Connections are tracked where a rule asks about them.</summary>
    private static void Track(TestNamespace test)
    {
        using var routes = test.Namespace.Run(RouteSocket.Open);
        routes.SetUp(routes.GetLink("lo").Index);
        test.Exec("nft", "table inet track { chain output { type filter hook output priority 0; ct state new; }; }");
    }
}
