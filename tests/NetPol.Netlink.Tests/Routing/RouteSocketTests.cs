using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using NetPol.Netlink.Routing;

namespace NetPol.Netlink.Tests.Routing;

[TestClass, TestCategory("Kernel")]
public sealed class RouteSocketTests
{
    private static readonly IPAddress Left = IPAddress.Parse("10.9.0.1");
    private static readonly IPAddress Right = IPAddress.Parse("10.9.0.2");
    private static readonly IPAddress Left6 = IPAddress.Parse("fd09::1");
    private static readonly IPAddress Right6 = IPAddress.Parse("fd09::2");

    [TestMethod]
    public void Packets_go_between_two_namespaces_that_were_wired_here()
    {
        using var left = new TestNamespace();
        using var right = new TestNamespace();
        Wire(left, right);
        foreach (var (from, to) in new[] { (Left, Right), (Left6, Right6) })
        {
            using var receiver = right.Namespace.Run(() => Bound(to));
            using var sender = left.Namespace.Run(() => Bound(from));
            sender.SendTo([1, 2, 3], receiver.LocalEndPoint!);
            receiver.ReceiveTimeout = 10_000;
            var bytes = new byte[8];
            Assert.AreEqual(3, receiver.Receive(bytes));
        }
    }

    [TestMethod]
    public void Links_are_made_named_moved_and_deleted()
    {
        using var test = new TestNamespace();
        using var other = new TestNamespace();
        using var routes = test.Namespace.Run(RouteSocket.Open);
        routes.AddVeth("a0", "b0");
        routes.AddBridge("br0");
        var a = routes.GetLink("a0");
        var bridge = routes.GetLink("br0");
        Assert.AreEqual("veth", a.Kind);
        Assert.AreEqual("bridge", bridge.Kind);
        Assert.IsFalse(a.IsUp);
        routes.Rename(a.Index, "a1");
        routes.SetMaster(a.Index, bridge.Index);
        routes.SetMtu(a.Index, 1400);
        routes.SetLinkAddress(a.Index, PhysicalAddress.Parse("02-00-00-00-00-07"));
        routes.SetUp(a.Index);
        routes.MoveTo(routes.GetLink("b0").Index, other.Namespace);

        a = routes.GetLink("a1");
        Assert.AreEqual((true, bridge.Index, 1400u, "020000000007"), (a.IsUp, a.Master, a.Mtu, a.Address.ToString()));
        Assert.IsNull(routes.FindLink("b0"));
        CollectionAssert.AreEqual(new[] { "lo", "a1", "br0" }, routes.ListLinks().Select(link => link.Name).ToArray());
        using var there = other.Namespace.Run(RouteSocket.Open);
        Assert.IsNotNull(there.FindLink("b0"));
        routes.DeleteLink(a.Index);
        Assert.IsNull(there.FindLink("b0"));
        Assert.AreEqual("ENODEV", Assert.ThrowsExactly<NetlinkException>(() => routes.GetLink("a1")).ErrnoName);
    }

    [TestMethod]
    public void Routes_are_as_ip_prints_them()
    {
        using var left = new TestNamespace();
        using var right = new TestNamespace();
        Wire(left, right);
        using var routes = left.Namespace.Run(RouteSocket.Open);
        var link = routes.GetLink("veth0").Index;
        routes.AddRoute(new(IPAddress.Any, 0) { Gateway = Right, Interface = link });
        routes.AddRoute(new(IPAddress.Parse("10.10.0.0"), 16) { Gateway = IPAddress.Parse("192.0.2.1"), Interface = link, OnLink = true, Source = Left });
        routes.AddRoute(new(IPAddress.Parse("10.11.0.0"), 16) { Type = RouteType.Blackhole });
        routes.AddRoute(new(IPAddress.Parse("10.12.0.0"), 16) { Type = RouteType.Unreachable, Metric = 7 });
        routes.AddRoute(new(IPAddress.Parse("fd10::"), 64) { Gateway = Right6, Interface = link });
        var dead = new Route(IPAddress.Parse("10.13.0.0"), 16) { Interface = link, Scope = RouteScope.Link };
        routes.AddRoute(dead);
        routes.DeleteRoute(dead);
        routes.AddNeighbor(link, IPAddress.Parse("10.9.0.77"), PhysicalAddress.Parse("02-00-00-00-00-77"));

        Assert.AreEqual(
            """
            default via 10.9.0.2 dev veth0 proto static
            10.9.0.0/24 dev veth0 proto kernel scope link src 10.9.0.1
            10.10.0.0/16 via 192.0.2.1 dev veth0 proto static src 10.9.0.1 onlink
            blackhole 10.11.0.0/16 proto static
            unreachable 10.12.0.0/16 proto static metric 7

            """.ReplaceLineEndings("\n"),
            string.Join('\n', left.Exec("ip", "route").Split('\n').Select(line => line.TrimEnd())));
        Assert.Contains("fd10::/64 via fd09::2 dev veth0 proto static", left.Exec("ip", "-6", "route"), StringComparison.Ordinal);
        Assert.Contains("10.9.0.77 lladdr 02:00:00:00:00:77 PERMANENT", left.Exec("ip", "neighbor", "show", "dev", "veth0"), StringComparison.Ordinal);
        var read = routes.ListRoutes();
        CollectionAssert.Contains(read.ToArray(), new Route(IPAddress.Any, 0) { Gateway = Right, Interface = link });
        CollectionAssert.Contains(read.ToArray(), new Route(IPAddress.Parse("10.11.0.0"), 16) { Type = RouteType.Blackhole });
    }

    [TestMethod]
    public void A_refusal_says_what_was_asked_and_why()
    {
        using var test = new TestNamespace();
        using var routes = test.Namespace.Run(RouteSocket.Open);
        routes.AddBridge("br0");
        var e = Assert.ThrowsExactly<NetlinkException>(() => routes.AddBridge("br0"));
        Assert.AreEqual("EEXIST", e.ErrnoName);
        Assert.StartsWith("add bridge br0: EEXIST", e.Message, StringComparison.Ordinal);
        e = Assert.ThrowsExactly<NetlinkException>(() => routes.AddRoute(new(IPAddress.Parse("10.0.0.0"), 8) { Gateway = Right }));
        Assert.AreEqual("Nexthop has invalid gateway", e.Ack.Message);
        Assert.AreEqual("add route 10.0.0.0/8 via 10.9.0.2: ENETUNREACH: Nexthop has invalid gateway", e.Message);
        Assert.ThrowsExactly<ArgumentException>(() => routes.AddBridge("a_name_that_is_too_long"));
    }

    [TestMethod]
    [DataRow("10.9.0.1", "10.9.0.2")]
    [DataRow("fd09::1", "fd09::2")]
    [DataRow("fe80::a", "fe80::b")]
    public void An_address_is_local_once_the_kernel_delivers_packets_to_it(string own, string other)
    {
        using var test = new TestNamespace();
        using var routes = test.Namespace.Run(RouteSocket.Open);
        routes.AddBridge("br0");
        var link = routes.GetLink("br0").Index;
        Assert.IsFalse(routes.IsLocal(IPAddress.Parse(own), link));
        routes.SetUp(link);
        routes.AddAddress(link, IPAddress.Parse(own), own.Contains(':', StringComparison.Ordinal) ? 64 : 24);
        Assert.IsTrue(SpinWait.SpinUntil(() => routes.IsLocal(IPAddress.Parse(own), link), TimeSpan.FromSeconds(10)));
        Assert.IsFalse(routes.IsLocal(IPAddress.Parse(other), link));
    }

    private static void Wire(TestNamespace left, TestNamespace right)
    {
        using var here = left.Namespace.Run(RouteSocket.Open);
        using var there = right.Namespace.Run(RouteSocket.Open);
        here.AddVeth("veth0", "eth0", right.Namespace);
        foreach (var (routes, name, v4, v6) in new[] { (here, "veth0", Left, Left6), (there, "eth0", Right, Right6) })
        {
            var link = routes.GetLink(name);
            routes.AddAddress(link.Index, v4, 24);
            routes.AddAddress(link.Index, v6, 64);
            routes.SetUp(link.Index);
        }
    }

    private static Socket Bound(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }
}
