using NetPol.Model.Net;

namespace NetPol.Model.Tests.Net;

[TestClass]
public sealed class PortSetTests
{
    private static readonly PortSet Http = PortSet.Create(Protocol.Tcp, PortRange.Single(80));
    private static readonly PortSet Dns = PortSet.Create(Protocol.Udp, PortRange.Single(53));
    private static readonly PortSet AllTcp = PortSet.Create(Protocol.Tcp, PortRange.All);

    [TestMethod]
    public void Adjacent_ports_merge_and_protocols_stay_apart()
    {
        var set = Http.Union(PortSet.Create(Protocol.Tcp, new(81, ushort.MaxValue))).Union(PortSet.Create(Protocol.Udp, new(0, 53)));

        Assert.AreEqual("80-65535/TCP, 0-53/UDP", set.ToString());
    }

    [TestMethod]
    public void Sets_with_equal_ports_are_equal()
    {
        Assert.AreEqual(PortSet.Everything, AllTcp.Union(PortSet.Everything.Except(AllTcp)));
        Assert.AreEqual(PortSet.Nothing, Http.Intersect(Dns));
        Assert.AreEqual(Http, AllTcp.Intersect(Http.Union(Dns)));
    }

    [TestMethod]
    public void Traffic_without_ports_is_one_point()
    {
        Assert.IsTrue(PortSet.Everything.Contains(Protocol.Icmp, 0));
        Assert.IsTrue(PortSet.Portless.Contains((Protocol)47, 0));
        Assert.IsFalse(AllTcp.HasPortless);
        Assert.IsFalse(PortSet.Portless.Contains(Protocol.Sctp, ushort.MaxValue));
    }

    [TestMethod]
    public void The_first_and_the_last_port_are_ports()
    {
        Assert.IsTrue(AllTcp.Contains(Protocol.Tcp, 0));
        Assert.IsTrue(AllTcp.Contains(Protocol.Tcp, ushort.MaxValue));
        Assert.IsFalse(AllTcp.Contains(Protocol.Udp, 0));
    }

    [TestMethod]
    public void Text_is_the_shorter_of_included_and_excluded()
    {
        Assert.AreEqual("every port", PortSet.Everything.ToString());
        Assert.AreEqual("no port", PortSet.Nothing.ToString());
        Assert.AreEqual("TCP", AllTcp.ToString());
        Assert.AreEqual("every port but 80/TCP, 53/UDP", PortSet.Everything.Except(Http).Except(Dns).ToString());
        Assert.AreEqual("ICMP and all else without ports", PortSet.Portless.ToString());
    }
}
