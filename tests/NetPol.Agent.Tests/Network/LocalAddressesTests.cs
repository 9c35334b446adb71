using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Network;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Netlink.Routing;
using NetPol.Protocol.RuleSets;

namespace NetPol.Agent.Tests.Network;

/// <summary>What an agent reports of its node's addresses.</summary>
[TestClass, TestCategory("Unit")]
public sealed class LocalAddressesTests
{
    private const int Services = 9;

    [TestMethod]
    public void Local_addresses_that_other_nodes_can_reach_are_reported()
    {
        Route[] routes =
        [
            Local("192.168.0.11"), Local("10.244.1.1"), Local("172.17.0.1"), Local("fd00:244:1::1"), Local("10.244.1.1"),
            Local("127.0.0.1"), Local("127.0.0.0", 8), Local("::1"), Local("fe80::1"), Local("169.254.1.1"), Local("ff02::1"),
            Local("10.96.0.1") with { Interface = Services },
            Local("10.8.0.1") with { Type = RouteType.Unicast }, Local("10.9.0.0", 24),
        ];
        Assert.AreEqual("10.244.1.1 172.17.0.1 192.168.0.11 fd00:244:1::1", string.Join(' ', LocalAddresses.FromRoutes(routes, [new(Services, "kube-ipvs0")])));
    }

    [TestMethod]
    public void A_change_is_reported_and_equal_addresses_are_not()
    {
        ValueArray<IpAddress> addresses = [IpAddress.Parse("10.244.1.1")];
        var local = new LocalAddresses(NullLogger<LocalAddresses>.Instance);
        Assert.IsNull(local.Current.Addresses);
        var changed = local.Current.Changed;
        local.Update(addresses);
        Assert.IsTrue(changed.IsCompleted);
        Assert.AreEqual(addresses, local.Current.Addresses);
        changed = local.Current.Changed;
        local.Update(addresses);
        Assert.IsFalse(changed.IsCompleted);
        addresses = [];
        local.Update(addresses);
        Assert.IsTrue(changed.IsCompleted);
        Assert.IsTrue(local.Current.Addresses is { IsEmpty: true });
    }

    [TestMethod]
    public void No_more_are_reported_than_count()
    {
        var addresses = Enumerable.Range(1, 100).Select(i => new IpAddress(IpFamily.V4, (UInt128)i)).ToValueArray();
        var local = new LocalAddresses(NullLogger<LocalAddresses>.Instance);
        local.Update(addresses);
        Assert.HasCount(NodeAddressConversion.MaxPerNode, local.Current.Addresses!.Value);
    }

    private static Route Local(string address, int? bits = null)
    {
        var destination = IPAddress.Parse(address);
        return new(destination, bits ?? (destination.GetAddressBytes().Length * 8)) { Type = RouteType.Local };
    }
}
