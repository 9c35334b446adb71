using NetPol.Model;
using NetPol.Netlink.Routing;

namespace NetPol.Agent.Network;

/// <summary>
/// At which links an IPv6 link-local source is dropped: no rule knows such an address, so it must not carry what the pod's own address may not.
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
        _podsBehind = pods.Known.SelectMany(pod => map.LinksTo(pod).Select(link => (link, pod))).ToLookup(p => p.link, p => p.pod);
    }

    /// <summary>The indices of links from which they do not reach the node, sorted.</summary>
    public IEnumerable<int> ClosedToNode => Inner.Where(IsClosedToNode).Select(l => l.Index);

    /// <summary>The indices of bridges from which they do not reach other pods, sorted. Beyond bridges the kernel forwards no link-local source (RFC 4291, section 2.5.6).</summary>
    public IEnumerable<int> ClosedToPods => Inner.Where(l => IsBridge(l) && HasJudged(l, _pods.AreJudgedToPods, _pods.IsJudgedToPods)).Select(l => l.Index);

    private IEnumerable<Link> Inner => _map.Links.Where(l => !l.IsLoopback && !_uplinks.Contains(l.Index));

    private bool IsClosedToNode(Link link) =>
        HasJudged(link, _pods.AreJudgedToNode, _pods.IsJudgedToNode) || (!IsBridge(link) && (!_podsBehind.Contains(link.Index) || HasUnknownPod(link)));

    // A bridge with the pods' network may lead to a pod that is not known yet.
    private bool HasJudged(Link link, bool isAnyJudged, Func<IpAddress, bool> isJudged) =>
        _podsBehind[link.Index].Any(isJudged) || (isAnyJudged && IsBridge(link) && _map.SubnetsOf(link).Any(s => _pods.Networks.Any(n => s.Contains(n) || n.Contains(s))));

    private bool HasUnknownPod(Link link) => _map.HostRoutesOf(link).Any(a => !_pods.Known.Contains(a));

    private static bool IsBridge(Link link) => link.Kind is "bridge" or "openvswitch";
}
