using NetPol.Model;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>The addresses of every node of the cluster, in one set per address family: <c>nodes-4</c> and <c>nodes-6</c>.</summary>
internal static class NodeSets
{
    private static readonly Set[] Sets =
    [
        new() { Name = "nodes-4", Key = new(KeyField.Ipv4Addr) },
        new() { Name = "nodes-6", Key = new(KeyField.Ipv6Addr) },
    ];

    /// <summary>The name of the set of a family.</summary>
    public static string Name(IpFamily family) => For(family).Name;

    /// <summary>The sets, empty.</summary>
    public static void AddSkeleton(ObjectCollector to)
    {
        foreach (var set in Sets)
            to.Add(set);
    }

    /// <summary>Puts an address of a node into the set of its family.</summary>
    public static void Add(ObjectCollector to, IpAddress node)
    {
        var set = For(node.Family);
        to.Add(set, Element.Of(set.Key.Key(node.Value)));
    }

    private static Set For(IpFamily family) => Sets[(int)family];
}
