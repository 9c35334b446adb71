using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;
using Route = NetPol.Netlink.Routing.Route;

namespace NetPol.Agent.Network;

/// <summary>The routes of each link: the addresses behind it, and whether it leads to other networks.</summary>
internal sealed class LinkMap
{
    private readonly Dictionary<int, Link> _links;
    private readonly ILookup<int, Link> _ports;
    private readonly ILookup<int, Cidr> _hostRoutes;
    private readonly ILookup<int, Cidr> _subnets;
    private readonly Dictionary<Cidr, int[]> _hostRouteLinks;
    private readonly (Cidr Network, int Link)[] _longestFirst;
    private readonly HashSet<int> _ways;

    public LinkMap(NodeNetwork network)
    {
        _links = network.Links.ToDictionary(l => l.Index);
        _ports = network.Links.Where(l => l.Master != 0).ToLookup(l => l.Master);
        var own = network.Addresses.Select(a => a.Address.ToModel()).ToHashSet();
        var unicast = network.Routes.Where(r => r.Type == RouteType.Unicast && r.Interface != 0).Select(r => (Route: r, Destination: r.ToModel())).Where(r => r.Destination is not null)
            .Select(r => (r.Route, Destination: r.Destination!.Value)).ToList();
        // A node address with a full-length prefix has a host route too, but no pod is behind that.
        var hosts = unicast.Where(r => IsHost(r.Destination) && !own.Contains(r.Destination.Network)).ToList();
        var subnets = unicast.Where(r => !IsHost(r.Destination) && r.Destination.PrefixLength > 0 && r.Route.Gateway is null && !IsLinkLocal(r.Destination)).ToList();
        _hostRoutes = hosts.ToLookup(r => r.Route.Interface, r => r.Destination);
        _hostRouteLinks = hosts.GroupBy(r => r.Destination).ToDictionary(g => g.Key, g => g.Select(r => r.Route.Interface).Distinct().ToArray());
        _subnets = subnets.ToLookup(r => r.Route.Interface, r => r.Destination);
        _longestFirst = [.. subnets.Select(r => (r.Destination, r.Route.Interface)).Distinct().OrderByDescending(s => s.Destination.PrefixLength)];
        _ways = [.. unicast.Where(r => LeadsToOtherNetworks(r.Route, r.Destination)).Select(r => r.Route.Interface)];
    }

    public IEnumerable<Link> Links => _links.Values.OrderBy(l => l.Index);

    public Link? Find(int index) => _links.GetValueOrDefault(index);

    /// <summary>The links whose master this is.</summary>
    public IEnumerable<Link> GetPorts(Link link) => _ports[link.Index];

    /// <summary>The destinations of host routes to the link, without the node's own addresses.</summary>
    public IEnumerable<IpAddress> GetHostRoutes(Link link) => _hostRoutes[link.Index].Select(r => r.Network);

    /// <summary>The networks that the link reaches without a router, except link-local ones.</summary>
    public IEnumerable<Cidr> GetSubnets(Link link) => _subnets[link.Index];

    /// <summary>
    /// Whether the link has the default route, or a route to a network by a router. Routes that a neighbor can make do not count: those of router
    /// advertisements and of redirects.
    /// </summary>
    public bool LeadsToOtherNetworks(Link link) => _ways.Contains(link.Index);

    /// <summary>The links on which routes reach a local pod's address directly; empty if only routes through a router reach it.</summary>
    public IEnumerable<int> GetLinksTo(IpAddress pod)
    {
        if (_hostRouteLinks.TryGetValue(Cidr.Create(pod, pod.Bits), out var links))
            return links;
        // The longest prefix wins in each table; a few tables with the same prefix may disagree.
        var longest = _longestFirst.FirstOrDefault(s => s.Network.Contains(pod));
        return longest.Link == 0 ? [] : _longestFirst.Where(s => s.Network == longest.Network).Select(s => s.Link);
    }

    private static bool IsHost(Cidr destination) => destination.PrefixLength == destination.Network.Bits;

    private static bool IsLinkLocal(Cidr destination) => LinkLocal.Contains(destination) || Multicast.Contains(destination);

    private static bool LeadsToOtherNetworks(Route route, Cidr destination) =>
        route.Protocol is not (RouteProtocol.RouterAdvertisement or RouteProtocol.Redirect or RouteProtocol.Kernel)
        && (destination.PrefixLength == 0 || (route.Gateway is not null && !IsHost(destination)));

    private static readonly Cidr LinkLocal = Cidr.Parse("fe80::/10");
    private static readonly Cidr Multicast = Cidr.Parse("ff00::/8");
}

/// <summary>The local pods in a rule set.</summary>
internal sealed class LocalPods
{
    private readonly HashSet<IpAddress> _addresses;
    private readonly HashSet<IpAddress> _evaluatedToNode;
    private readonly HashSet<IpAddress> _evaluatedToPods;

    /// <param name="rules">The programmed rules; null before the first rule set.</param>
    public LocalPods(NodeRuleSet? rules)
    {
        rules ??= NodeRuleSet.CreateEmpty("");
        Networks = rules.PodCidrs;
        _evaluatedToNode = [.. rules.PodToHost.Defaults.Select(r => r.Subject)];
        _evaluatedToPods = [.. rules.PodEgress.Defaults.Concat(rules.PodIngress.Defaults).Select(r => r.Subject)];
        _addresses = [.. rules.ReadyPods, .. _evaluatedToNode, .. _evaluatedToPods];
    }

    /// <summary>The addresses of ready pods, and of the subjects of policies.</summary>
    public IReadOnlySet<IpAddress> Addresses => _addresses;

    /// <summary>The networks of local pods, ready or not.</summary>
    public IReadOnlyList<Cidr> Networks { get; }

    /// <summary>Whether policies apply to packets from any local pod to the node.</summary>
    public bool AreEvaluatedToNode => _evaluatedToNode.Count > 0;

    /// <summary>Whether policies apply to packets between any local pod and other addresses.</summary>
    public bool AreEvaluatedToPods => _evaluatedToPods.Count > 0;

    /// <summary>Whether a local pod has the address, or may have it although the pod is not ready.</summary>
    public bool MayContain(IpAddress address) => _addresses.Contains(address) || Networks.Any(n => n.Contains(address));

    public bool IsIsolatedTowardsNode(IpAddress pod) => _evaluatedToNode.Contains(pod);

    public bool IsIsolatedTowardsPods(IpAddress pod) => _evaluatedToPods.Contains(pod);
}
