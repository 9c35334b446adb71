using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>What a snapshot says, arranged for compiling any of its nodes. Does not change once built.</summary>
internal sealed class SnapshotIndex
{
    private SnapshotIndex(
        Trait[] traits, int firstAddressTrait, int firstPortTrait, FlatPolicy[] policies, SequenceTrie portSets,
        Endpoints endpoints, AddressRange[][] rangesOfTrait, LocalNode[] nodes)
    {
        (Traits, FirstAddressTrait, FirstPortTrait, Policies) = (traits, firstAddressTrait, firstPortTrait, policies);
        (PortSets, Endpoints, RangesOfTrait, Nodes) = (portSets, endpoints, rangesOfTrait, nodes);
    }

    /// <summary>In canonical order: selections of pods, then networks and nodes, then named ports.</summary>
    public Trait[] Traits { get; }

    public int FirstAddressTrait { get; }

    public int FirstPortTrait { get; }

    /// <summary>In the order of evaluation.</summary>
    public FlatPolicy[] Policies { get; }

    /// <summary>Sets of port traits, as <see cref="EndpointKind.Ports"/> names them. Only to be read.</summary>
    public SequenceTrie PortSets { get; }

    public Endpoints Endpoints { get; }

    /// <summary>The ranges of each trait of addresses; empty for other traits.</summary>
    public AddressRange[][] RangesOfTrait { get; }

    /// <summary>Every Node object and every node that a pod names, by name.</summary>
    public LocalNode[] Nodes { get; }

    public static SnapshotIndex Of(ClusterSnapshot snapshot)
    {
        var collector = new TraitCollector();
        var flattener = new PolicyFlattener(collector);
        var collected = snapshot.Policies.Where(p => p.HasEffect).Select(flattener.Flatten).ToArray();
        var ports = Ports(snapshot, collected, collector);
        var (traits, places) = collector.Sort();
        var policies = collected.Select(p => InPlace(p, places)).ToArray();
        foreach (var (port, number) in ports)
            ports[port] = places[number];

        var portSets = new SequenceTrie();
        var endpoints = new EndpointIndexer(traits, policies, ports, portSets).Index(snapshot);
        var ranges = traits.Select(t => t.Addresses is { } peer ? AddressRanges.Of(peer, snapshot.Nodes) : []).ToArray();
        var firstAddress = traits.Count(t => t.Pods is not null);
        var firstPort = traits.Count(t => t.Port is null);
        return new(traits, firstAddress, firstPort, policies, portSets, endpoints, ranges, NodesOf(snapshot, endpoints));
    }

    /// <summary>The ports of pods under a name that some rule asks for, with the collector's numbers.</summary>
    private static Dictionary<NamedPort, int> Ports(ClusterSnapshot snapshot, FlatPolicy[] policies, TraitCollector collector)
    {
        var names = policies.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => r.Names).Select(n => n.Name)
            .ToHashSet(StringComparer.Ordinal);
        var ports = new Dictionary<NamedPort, int>();
        if (names.Count == 0)
            return ports;
        foreach (var pod in snapshot.Pods)
        {
            foreach (var port in pod.Ports)
            {
                if (!pod.IsSelectable || port.Name is null || !names.Contains(port.Name))
                    continue;
                var named = new NamedPort(port.Protocol, port.Name, port.Number);
                ports[named] = collector.Port(named);
            }
        }
        return ports;
    }

    private static FlatPolicy InPlace(FlatPolicy policy, int[] places) => policy with
    {
        Subject = places[policy.Subject],
        Ingress = [.. policy.Ingress.Select(r => InPlace(r, places))],
        Egress = [.. policy.Egress.Select(r => InPlace(r, places))],
    };

    private static FlatRule InPlace(FlatRule rule, int[] places) => rule with { Traits = [.. rule.Traits.Select(t => places[t]).Order()] };

    private static LocalNode[] NodesOf(ClusterSnapshot snapshot, Endpoints endpoints)
    {
        var nodes = snapshot.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var pods = snapshot.Pods.Where(p => p.Node is not null).ToLookup(p => p.Node!, StringComparer.Ordinal);
        return [.. nodes.Keys.Concat(pods.Select(p => p.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new LocalNode(
                name,
                (nodes.GetValueOrDefault(name)?.Addresses ?? []).Distinct().Order().ToValueArray(),
                Disjoint(nodes.GetValueOrDefault(name)?.PodNetworks ?? []),
                [.. pods[name].Where(p => p.IsSelectable).SelectMany(p => p.Addresses)
                    .Select(a => Array.BinarySearch(endpoints.Addresses, a)).Distinct().Order()]))];
    }

    /// <summary>Sorted, without those that another one holds.</summary>
    private static ValueArray<Cidr> Disjoint(ValueArray<Cidr> networks) =>
        networks.Where(n => !networks.Any(o => o != n && o.Contains(n))).Distinct().Order().ToValueArray();
}
