using System.Net;
using NetPol.Netlink.Routing;

namespace NetPol.Netlink.Tests.Routing;

[TestClass, TestCategory("Kernel")]
public sealed class RouteMonitorTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly IPAddress Address = IPAddress.Parse("10.9.0.1");
    private static readonly IPAddress Address6 = IPAddress.Parse("fd09::1");

    [TestMethod]
    public void Every_kind_of_change_ends_the_wait()
    {
        using var test = new TestNamespace();
        using var routes = test.Namespace.Run(RouteSocket.Open);
        using var monitor = test.Namespace.Run(RouteMonitor.Open);
        routes.AddVeth("a0", "b0");
        Assert.IsTrue(monitor.Wait(Timeout), "link");
        var link = routes.GetLink("a0").Index;
        routes.SetUp(link);
        Assert.IsTrue(monitor.Wait(Timeout), "up");
        routes.AddAddress(link, Address, 24);
        Assert.IsTrue(monitor.Wait(Timeout), "IPv4 address");
        routes.AddAddress(link, Address6, 64);
        Assert.IsTrue(monitor.Wait(Timeout), "IPv6 address");
        routes.SetUp(routes.GetLink("b0").Index);
        Assert.IsTrue(monitor.Wait(Timeout), "the other end up");
        routes.AddRoute(new(IPAddress.Parse("10.10.0.0"), 16) { Interface = link, Scope = RouteScope.Link });
        Assert.IsTrue(monitor.Wait(Timeout), "IPv4 route");
        routes.AddRoute(new(IPAddress.Parse("fd10::"), 64) { Interface = link });
        Assert.IsTrue(monitor.Wait(Timeout), "IPv6 route");
        routes.DeleteLink(link);
        Assert.IsTrue(monitor.Wait(Timeout), "deleted link");
    }

    [TestMethod]
    public void Wake_ends_the_wait_and_is_no_change()
    {
        using var test = new TestNamespace();
        using var monitor = test.Namespace.Run(RouteMonitor.Open);
        Assert.IsFalse(monitor.Wait(TimeSpan.Zero));
        monitor.Wake();
        Assert.IsFalse(monitor.Wait(Timeout));
    }

    [TestMethod]
    public void Lost_messages_are_a_change()
    {
        using var test = new TestNamespace();
        using var routes = test.Namespace.Run(RouteSocket.Open);
        using var monitor = test.Namespace.Run(RouteMonitor.Open);
        // Each route is a message; the receive buffer has room for a few thousand.
        test.Exec("sh", "-c", "ip link set lo up; for i in $(seq 0 63); do for j in $(seq 0 255); do echo route add blackhole 10.77.$i.$j/32; done; done | ip -batch -");
        Assert.IsTrue(monitor.Wait(Timeout));
        routes.AddBridge("br0");
        Assert.IsTrue(monitor.Wait(Timeout), "the monitor goes on after a loss");
    }

    [TestMethod]
    public void Routes_with_several_next_hops_and_other_tables_are_read()
    {
        using var test = new TestNamespace();
        test.Exec("ip", "link", "add", "a0", "type", "veth", "peer", "name", "b0");
        foreach (var name in (string[])["lo", "a0", "b0"])
            test.Exec("ip", "link", "set", name, "up");
        test.Exec("ip", "address", "add", "10.9.0.1/24", "dev", "a0");
        test.Exec("ip", "address", "add", "10.8.0.1/24", "dev", "b0");
        test.Exec("ip", "address", "add", "fd09::1/64", "dev", "a0", "nodad");
        test.Exec("ip", "route", "add", "10.10.0.0/16", "nexthop", "via", "10.9.0.2", "dev", "a0", "nexthop", "via", "10.8.0.2", "dev", "b0");
        test.Exec("ip", "route", "add", "10.11.0.0/16", "table", "4711", "via", "inet6", "fd09::2", "dev", "a0", "proto", "ra");
        using var routes = test.Namespace.Run(RouteSocket.Open);
        var (a, b) = (routes.GetLink("a0").Index, routes.GetLink("b0").Index);
        var read = routes.ListRoutes();
        CollectionAssert.AreEquivalent(
            new[] { (a, IPAddress.Parse("10.9.0.2")), (b, IPAddress.Parse("10.8.0.2")) },
            read.Where(r => r.Destination.Equals(IPAddress.Parse("10.10.0.0"))).Select(r => (r.Interface, r.Gateway!)).ToArray());
        var other = read.Single(r => r.Destination.Equals(IPAddress.Parse("10.11.0.0")));
        Assert.AreEqual((4711u, RouteProtocol.RouterAdvertisement, IPAddress.Parse("fd09::2")), (other.Table, other.Protocol, other.Gateway));
        CollectionAssert.IsSubsetOf(
            new[] { new LinkAddress(a, Address, 24), new LinkAddress(a, Address6, 64), new LinkAddress(b, IPAddress.Parse("10.8.0.1"), 24) },
            routes.ListAddresses().ToArray());
    }

    [TestMethod]
    public void A_route_that_ends_segment_routing_says_so()
    {
        // struct rtmsg of linux/rtnetlink.h; RTA_DST = 1, RTA_OIF = 4, RTA_ENCAP_TYPE = 21 with LWTUNNEL_ENCAP_SEG6_LOCAL = 7 of linux/lwtunnel.h
        var message = new MessageWriter();
        message.WriteRaw([10, 128, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]);
        message.Write(1, IPAddress.Parse("fd00::5e6").GetAddressBytes());
        message.WriteUInt32(4, 2);
        message.WriteUInt16(21, 7);
        Assert.IsTrue(Route.Read(message.Written).Single().EndsSegmentRouting);
    }
}
