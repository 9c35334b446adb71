namespace NetPol.Model.Tests;

[TestClass]
public sealed class PortSetTests
{
    private static readonly PortSet Http = PortSet.Of(Protocol.Tcp, PortRange.Single(80));
    private static readonly PortSet Dns = PortSet.Of(Protocol.Udp, PortRange.Single(53));
    private static readonly PortSet AllTcp = PortSet.Of(Protocol.Tcp, PortRange.All);

    [TestMethod]
    public void Neighbours_are_one_range_and_protocols_stay_apart()
    {
        var set = Http.Or(PortSet.Of(Protocol.Tcp, new(81, ushort.MaxValue))).Or(PortSet.Of(Protocol.Udp, new(0, 53)));

        Assert.AreEqual("80-65535/TCP, 0-53/UDP", set.ToString());
    }

    [TestMethod]
    public void Sets_of_the_same_points_are_equal_however_they_came_about()
    {
        Assert.AreEqual(PortSet.Everything, AllTcp.Or(PortSet.Everything.Except(AllTcp)));
        Assert.AreEqual(PortSet.Nothing, Http.And(Dns));
        Assert.AreEqual(Http, AllTcp.And(Http.Or(Dns)));
    }

    [TestMethod]
    public void What_has_no_port_is_one_point()
    {
        Assert.IsTrue(PortSet.Everything.Contains(Protocol.Icmp, 0));
        Assert.IsTrue(PortSet.Others.Contains((Protocol)47, 0));
        Assert.IsFalse(AllTcp.HasOthers);
        Assert.IsFalse(PortSet.Others.Contains(Protocol.Sctp, ushort.MaxValue));
    }

    [TestMethod]
    public void The_first_and_the_last_port_are_ports()
    {
        Assert.IsTrue(AllTcp.Contains(Protocol.Tcp, 0));
        Assert.IsTrue(AllTcp.Contains(Protocol.Tcp, ushort.MaxValue));
        Assert.IsFalse(AllTcp.Contains(Protocol.Udp, 0));
    }

    [TestMethod]
    public void Text_is_the_shorter_of_what_is_in_it_and_what_is_not()
    {
        Assert.AreEqual("every port", PortSet.Everything.ToString());
        Assert.AreEqual("no port", PortSet.Nothing.ToString());
        Assert.AreEqual("TCP", AllTcp.ToString());
        Assert.AreEqual("every port but 80/TCP, 53/UDP", PortSet.Everything.Except(Http).Except(Dns).ToString());
        Assert.AreEqual("ICMP and all else without ports", PortSet.Others.ToString());
    }
}
