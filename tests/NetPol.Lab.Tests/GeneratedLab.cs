using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Lab.Tests;

/// <summary>What of a generated world can be built and asked with real packets.</summary>
internal static class GeneratedLab
{
    private const int MostOutside = 6;

    /// <summary>
    /// The world with an object for every node that runs a pod, and with pods in the host's network on a node that is there, under its
    /// addresses: an agent's view can be older than that for a moment, a kernel's cannot.
    /// </summary>
    public static ClusterSnapshot Buildable(ClusterSnapshot world)
    {
        var nodes = world.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        foreach (var name in world.Pods.Where(p => !p.HostNetwork).Select(p => p.Node).OfType<string>())
            nodes.TryAdd(name, new(name, Labels.None, []));
        var pods = world.Pods
            .Where(p => !p.HostNetwork || (p.Node is not null && nodes.ContainsKey(p.Node)))
            .Select(p => p.HostNetwork ? p with { Addresses = nodes[p.Node!].Addresses } : p);
        return ClusterSnapshot.Create(world.Namespaces, pods, nodes.Values, world.Policies);
    }

    /// <summary>The different ones among them that can be sent, with a pod at one end at least, and few hosts that are neither pod nor node.</summary>
    public static IReadOnlyList<Connection> Speakable(ClusterSnapshot world, IEnumerable<Connection> connections)
    {
        var owners = PolicyLab.Owners(world);
        var inside = owners.Keys.Concat(world.Nodes.SelectMany(n => n.AllAddresses)).ToHashSet();
        var outside = new HashSet<IpAddress>();
        var speakable = new List<Connection>();
        foreach (var c in connections.Select(c => c with { IsThroughService = false }).Distinct().Where(IsSpoken))
        {
            if ((owners.ContainsKey(c.Source) || owners.ContainsKey(c.Destination)) && Fits(c.Source) && Fits(c.Destination))
                speakable.Add(c);
        }
        return speakable;

        bool Fits(IpAddress address) =>
            inside.Contains(address) || outside.Contains(address) || (IsHost(address) && outside.Count < MostOutside && outside.Add(address));
    }

    /// <summary>Whether a lab of <paramref name="built"/> is one of <paramref name="world"/> too: nodes and addresses are where they were, or gone.</summary>
    public static bool IsStillBuilt(ClusterSnapshot built, ClusterSnapshot world)
    {
        var places = PolicyLab.Owners(built).ToDictionary(o => o.Key, o => o.Value.Node);
        return built.Nodes.Select(Place).SequenceEqual(world.Nodes.Select(Place))
            && PolicyLab.Owners(world).All(o => places.TryGetValue(o.Key, out var node) && string.Equals(node, o.Value.Node, StringComparison.Ordinal));

        static (string, ValueArray<IpAddress>) Place(Node node) => (node.Name, node.AllAddresses.Distinct().ToValueArray());
    }

    private static bool IsSpoken(Connection c) => c.Protocol switch
    {
        Model.Protocol.Icmp => c.Source.Family == IpFamily.V4,
        Model.Protocol.IcmpV6 => c.Source.Family == IpFamily.V6,
        _ => c.Protocol.HasPorts() && c.Port > 0,
    };

    private static bool IsHost(IpAddress address)
    {
        var bytes = address.ToBytes();
        return address.Family == IpFamily.V4 ? bytes[0] is > 0 and < 224 and not 127 : bytes[0] is >= 0x20 and < 0xfe;
    }
}
