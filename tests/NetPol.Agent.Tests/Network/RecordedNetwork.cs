using System.Net;
using NetPol.Agent.Network;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Tests.Network;

/// <summary>A node's network, written down link by link and route by route.</summary>
internal sealed class RecordedNetwork
{
    private readonly List<Link> _links = [new(1, "lo") { IsLoopback = true }];
    private readonly List<Route> _routes = [];
    private readonly List<LinkAddress> _addresses = [];

    public NodeNetwork Network => NodeNetwork.Empty with { Links = _links, Routes = _routes, Addresses = _addresses };

    /// <summary>The pods of 10.1.0.0/24 and fd01::/64 are the node's; 10.1.0.2, 10.1.0.3, fd01::2 and fd01::3 are known.</summary>
    public static NodeRuleSet Rules { get; } = NodeRuleSet.CreateEmpty("n1") with
    {
        PodCidrs = [Cidr.Parse("10.1.0.0/24"), Cidr.Parse("fd01::/64")],
        ReadyPods = [IpAddress.Parse("10.1.0.2"), IpAddress.Parse("10.1.0.3"), IpAddress.Parse("fd01::2"), IpAddress.Parse("fd01::3")],
    };

    public int this[string name] => _links.Single(l => l.Name == name).Index;

    public RecordedNetwork Link(string name, string kind = "", string? master = null, string? lower = null, bool lowerElsewhere = false, TunnelSettings? tunnel = null)
    {
        _links.Add(new(_links.Count + 1, name)
        {
            IsUp = true,
            Kind = kind,
            Master = master is null ? 0 : this[master],
            Lower = lower is null ? (lowerElsewhere ? 2 : 0) : this[lower],
            IsLowerElsewhere = lowerElsewhere,
            Tunnel = tunnel,
        });
        return this;
    }

    /// <summary>A veth whose other end is in another network namespace.</summary>
    public RecordedNetwork Veth(string name, string? master = null) => Link(name, "veth", master, lowerElsewhere: true);

    public RecordedNetwork Address(string link, string address)
    {
        var slash = address.Split('/');
        _addresses.Add(new(this[link], IPAddress.Parse(slash[0]), int.Parse(slash[1], System.Globalization.CultureInfo.InvariantCulture)));
        return this;
    }

    public RecordedNetwork Route(string link, string destination, string? via = null, RouteProtocol protocol = RouteProtocol.Static, RouteType kind = RouteType.Unicast, uint table = 254)
    {
        var slash = destination.Split('/');
        _routes.Add(new(IPAddress.Parse(slash[0]), int.Parse(slash[1], System.Globalization.CultureInfo.InvariantCulture))
        {
            Interface = this[link],
            Gateway = via is null ? null : IPAddress.Parse(via),
            Protocol = protocol,
            Type = kind,
            Table = table,
        });
        return this;
    }

    /// <summary>The names of the uplinks, in the order of their indices.</summary>
    public string Uplinks(NodeRuleSet? rules = null) => Names(HostNetworkBuilder.Build(Network, rules ?? Rules).Uplinks);

    public string Names(IEnumerable<int> indices) => string.Join(' ', indices.Select(index => _links.Single(l => l.Index == index).Name));
}
