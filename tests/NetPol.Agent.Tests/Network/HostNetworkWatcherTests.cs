using NetPol.Agent.Tests.Conntrack;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Network;

/// <summary>A real node whose links change while the watcher runs; the table is in the node's kernel.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class HostNetworkWatcherTests
{
    [TestMethod]
    public async Task The_first_rules_are_for_the_network_that_is_there()
    {
        await using var node = new WatchedNode();
        node.Ip("link add flannel.1 type vxlan id 1 dstport 8472 nolearning");
        await node.StartAsync();
        node.Apply(ConntrackRuleSets.None);
        Assert.AreEqual(("core flannel.1", "8472"), (node.Uplinks, node.TunnelPorts));
        Assert.AreEqual(("core flannel.1", "udp/8472"), node.Summary);
    }

    [TestMethod]
    public async Task A_tunnel_that_comes_is_closed_and_one_that_goes_is_not()
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        node.Apply(ConntrackRuleSets.None);
        Assert.AreEqual(("core", ""), (node.Uplinks, node.TunnelPorts));
        node.Ip("link add flannel.1 type vxlan id 1 dstport 8472 nolearning");
        await node.UntilAsync("the new tunnel is closed", () => (node.Uplinks, node.TunnelPorts) == ("core flannel.1", "8472"));
        node.Ip("link del flannel.1");
        await node.UntilAsync("the deleted tunnel is open", () => (node.Uplinks, node.TunnelPorts) == ("core", ""));
    }

    [TestMethod]
    public async Task An_address_that_the_node_gets_or_loses_is_reported_at_once()
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        Assert.IsFalse(Has(node.Addresses.Current.Addresses));
        foreach (var (change, isThere) in new[] { ("add", true), ("del", false) })
        {
            node.Ip($"address {change} 10.77.0.1/24 dev core");
            for (var current = node.Addresses.Current; Has(current.Addresses) != isThere; current = node.Addresses.Current)
                await current.Changed.WithinAsync($"the address is reported after {change}");
        }

        static bool Has(ValueArray<IpAddress>? addresses) => addresses!.Value.Contains(IpAddress.Parse("10.77.0.1"));
    }

    [TestMethod]
    public async Task An_uplink_that_loses_its_routes_is_none_until_it_has_them_again()
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        node.Apply(ConntrackRuleSets.None);
        node.Ip("route del default");
        node.Ip("-6 route del default");
        await node.UntilAsync("there is no uplink", () => node.Uplinks.Length == 0);
        node.Ip("route add default via 169.254.1.1 dev core onlink");
        await node.UntilAsync("there is one again", () => node.Uplinks == "core");
    }

    [TestMethod]
    public async Task A_pod_s_advertised_default_route_makes_no_uplink()
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        node.Apply(ConntrackRuleSets.None);
        node.Ip("-6 route add default via fe80::2 dev pod1 proto ra metric 4096 onlink");
        // A change that is seen comes after it: links and routes are read together.
        node.Ip("link add flannel.1 type vxlan id 1 dstport 8472 nolearning");
        await node.UntilAsync("the later change is in the table", () => node.TunnelPorts == "8472");
        Assert.AreEqual("core flannel.1", node.Uplinks);
    }

    [TestMethod]
    public async Task Link_local_sources_are_closed_as_soon_as_the_rules_evaluate_a_pod_on_the_way_to_its_node()
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        var known = ConntrackRuleSets.Ready(ConntrackLab.Client, ConntrackLab.Server);
        node.Apply(known);
        await node.UntilAsync("the links of ready pods are open", () => node.ClosedToNode.Length == 0);
        var evaluated = ConntrackRuleSets.NotToNode(ConntrackLab.Client);
        node.Apply(evaluated with { PodCidrs = known.PodCidrs, ReadyPods = known.ReadyPods });
        await node.UntilAsync("the isolated pod's link is closed", () => node.ClosedToNode == "pod1");
    }

    [TestMethod]
    [DataRow(ConntrackLab.Client, ConntrackLab.Server, "10.99.0.5", "10.99.0.0/16")]
    [DataRow("fd10::1", "fd10::2", "fd99::5", "fd99::/64")]
    public async Task A_granted_source_passes_and_only_while_it_is_granted(string gateway, string server, string source, string granted)
    {
        await using var node = new WatchedNode();
        await node.StartAsync();
        node.Apply(ConntrackRuleSets.None);
        // Without nodad the address cannot be used until duplicate detection is over.
        node.IpInGateway($"addr add {source} dev lo {(source.Contains(':', StringComparison.Ordinal) ? "nodad" : "")}".TrimEnd());
        using var talk = node.Datagrams(source, server);
        var before = node.Spoofed;
        talk.Send();
        await node.AwaitAsync("the foreign source is dropped and counted", () => node.Spoofed == before + 1);
        node.Apply(ConntrackRuleSets.None with { GrantedSources = [new(IpAddress.Parse(gateway), Cidr.Parse(granted))] });
        await node.UntilAsync("the grant is in the table", () => node.Grants == 1);
        talk.Send();
        Assert.IsTrue(talk.Arrives(), "a granted source arrives");
        Assert.AreEqual(before + 1, node.Spoofed);
        node.Apply(ConntrackRuleSets.None);
        await node.UntilAsync("the grant is deleted", () => node.Grants == 0);
        node.ForgetConnections();
        talk.Send();
        await node.AwaitAsync("it is dropped again", () => node.Spoofed == before + 2);
        Assert.IsFalse(talk.HasArrived);
    }
}
