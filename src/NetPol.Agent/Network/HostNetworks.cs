using NetPol.Model.Rules;
using NetPol.Rendering;

namespace NetPol.Agent.Network;

/// <summary>Works out what the rules need to know of the node's network. Pure: the same input gives the same value.</summary>
internal static class HostNetworks
{
    /// <param name="network">What the kernel told.</param>
    /// <param name="rules">What is enforced; null before the first rule set.</param>
    public static HostNetwork Of(NodeNetwork network, NodeRuleSet? rules)
    {
        var (map, pods) = (new LinkMap(network), new LocalPods(rules));
        var uplinks = Uplinks.Among(map, pods);
        var linkLocal = new LinkLocalSources(map, pods, uplinks);
        return new()
        {
            Uplinks = [.. uplinks],
            TunnelPorts = [.. Tunnels.Ports(network)],
            TunnelProtocols = [.. Tunnels.Protocols(network)],
            LinkLocalClosedToNode = [.. linkLocal.ClosedToNode],
            LinkLocalClosedToPods = [.. linkLocal.ClosedToPods],
            SourceGrants = [.. Grants(map, rules?.GrantedSources ?? [])],
        };
    }

    /// <summary>What <c>/state</c> tells of it.</summary>
    public static HostNetworkSummary Describe(NodeNetwork network, HostNetwork host)
    {
        var names = network.Links.ToDictionary(l => l.Index, l => l.Name);
        return new(
            [.. host.Uplinks.Select(index => names[index])],
            [.. host.TunnelPorts.Select(p => $"{p.Protocol.ToString().ToLowerInvariant()}/{p.Port}"), .. host.TunnelProtocols.Select(p => $"protocol {p}")],
            null);
    }

    /// <summary>The grants of pods as grants of their links. What one link has twice, or inside of another, is left out.</summary>
    private static IEnumerable<SourceGrant> Grants(LinkMap map, IReadOnlyList<GrantedSource> granted)
    {
        var all = granted.SelectMany(g => map.LinksTo(g.Pod).Select(link => new SourceGrant(link, g.Sources))).ToHashSet();
        return all.Where(g => !all.Any(o => o != g && o.Interface == g.Interface && o.Sources.Contains(g.Sources))).Order();
    }
}
