using NetPol.Agent.Status;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Routing;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>Computes the rules' view of the node's network. Pure: the same input gives the same value.</summary>
internal static class HostNetworkBuilder
{
    /// <param name="network">The node's network, as read from the kernel.</param>
    /// <param name="rules">The programmed rules; null before the first rule set.</param>
    public static HostNetwork Build(NodeNetwork network, NodeRuleSet? rules)
    {
        var (map, pods) = (new LinkMap(network), new LocalPods(rules));
        var uplinks = UplinkFinder.Find(map, pods);
        var linkLocal = new LinkLocalSources(map, pods, uplinks);
        return new()
        {
            Uplinks = [.. uplinks],
            TunnelPorts = [.. TunnelFinder.FindPorts(network)],
            TunnelProtocols = [.. TunnelFinder.FindProtocols(network)],
            LinkLocalClosedToNode = [.. linkLocal.ClosedToNode],
            LinkLocalClosedToPods = [.. linkLocal.ClosedToPods],
            SourceGrants = [.. CreateSourceGrants(map, rules?.GrantedSources ?? [])],
        };
    }

    /// <summary>The summary for <c>/state</c>.</summary>
    public static HostNetworkSummary Summarize(NodeNetwork network, HostNetwork host)
    {
        var names = network.Links.ToDictionary(l => l.Index, l => l.Name);
        return new(
            [.. host.Uplinks.Select(index => names[index])],
            [.. host.TunnelPorts.Select(p => $"{p.Protocol.ToString().ToLowerInvariant()}/{p.Port}"), .. host.TunnelProtocols.Select(p => $"protocol {p}")],
            null);
    }

    /// <summary>Converts grants of pods to grants of their links, without duplicates and without networks inside other granted networks of the link.</summary>
    private static IEnumerable<SourceGrant> CreateSourceGrants(LinkMap map, IReadOnlyList<GrantedSource> granted)
    {
        var all = granted.SelectMany(g => map.GetLinksTo(g.Pod).Select(link => new SourceGrant(link, g.Sources))).ToHashSet();
        return all.Where(g => !all.Any(o => o != g && o.Interface == g.Interface && o.Sources.Contains(g.Sources))).Order();
    }
}

/// <summary>
/// Finds the links at which an IPv6 link-local source is dropped. No policy covers such an address, so a pod must not use it to send packets that its policies forbid.
/// </summary>
internal sealed class LinkLocalSources
{
    private readonly LinkMap _map;
    private readonly LocalPods _pods;
    private readonly HashSet<int> _uplinks;
    private readonly ILookup<int, IpAddress> _podsBehind;

    public LinkLocalSources(LinkMap map, LocalPods pods, IEnumerable<int> uplinks)
    {
        (_map, _pods, _uplinks) = (map, pods, [.. uplinks]);
        _podsBehind = pods.Addresses.SelectMany(pod => map.GetLinksTo(pod).Select(link => (link, pod))).ToLookup(p => p.link, p => p.pod);
    }

    /// <summary>The indices of links at which packets to the node are dropped, sorted.</summary>
    public IEnumerable<int> ClosedToNode => Inner.Where(IsClosedToNode).Select(l => l.Index);

    /// <summary>The indices of bridges at which packets to other pods are dropped, sorted. The kernel does not route link-local sources (RFC 4291, section 2.5.6).</summary>
    public IEnumerable<int> ClosedToPods => Inner.Where(l => IsBridge(l) && HasEvaluated(l, _pods.AreEvaluatedToPods, _pods.IsIsolatedTowardsPods)).Select(l => l.Index);

    private IEnumerable<Link> Inner => _map.Links.Where(l => !l.IsLoopback && !_uplinks.Contains(l.Index));

    private bool IsClosedToNode(Link link) =>
        HasEvaluated(link, _pods.AreEvaluatedToNode, _pods.IsIsolatedTowardsNode) || (!IsBridge(link) && (!_podsBehind.Contains(link.Index) || HasUnknownPod(link)));

    // A bridge with the pods' network may lead to a pod that is not known yet.
    private bool HasEvaluated(Link link, bool isAnyEvaluated, Func<IpAddress, bool> isEvaluated) =>
        _podsBehind[link.Index].Any(isEvaluated) || (isAnyEvaluated && IsBridge(link) && _map.GetSubnets(link).Any(s => _pods.Networks.Any(n => s.Contains(n) || n.Contains(s))));

    private bool HasUnknownPod(Link link) => _map.GetHostRoutes(link).Any(a => !_pods.Addresses.Contains(a));

    private static bool IsBridge(Link link) => link.Kind is "bridge" or "openvswitch";
}
