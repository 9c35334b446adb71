using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>What a cluster says, arranged for compiling any of its nodes. Pods may change; everything else is what it was when it was built.</summary>
internal sealed class SnapshotIndex
{
    private readonly EndpointIndexer _indexer;
    private readonly NamedPorts _ports;
    private readonly Dictionary<string, Node> _nodes;

    /// <param name="namespaces">Every namespace.</param>
    /// <param name="pods">Every pod as yet.</param>
    /// <param name="nodes">Every Node object.</param>
    /// <param name="policies">Every policy, in the order of evaluation.</param>
    public SnapshotIndex(ValueArray<Namespace> namespaces, IReadOnlyCollection<Pod> pods, ValueArray<Node> nodes, IEnumerable<Policy> policies)
    {
        var collector = new TraitCollector();
        var flattener = new PolicyFlattener(collector);
        var collected = policies.Where(p => p.HasEffect).Select(flattener.Flatten).ToArray();
        _ports = new(collected, pods, collector);
        (Traits, var places) = collector.Sort();
        Policies = [.. collected.Select(p => InPlace(p, places))];
        _ports.Place(places);
        _indexer = new(Traits, Policies, _ports, namespaces);
        _indexer.Fill(pods);
        _nodes = nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        RangesOfTrait = [.. Traits.Select(t => t.Addresses is { } peer ? AddressRanges.Of(peer, nodes) : [])];
        FirstAddressTrait = Traits.Count(t => t.Pods is not null);
        FirstPortTrait = Traits.Count(t => t.Port is null);
    }

    /// <summary>In canonical order: selections of pods, then networks and nodes, then named ports.</summary>
    public Trait[] Traits { get; }

    public int FirstAddressTrait { get; }

    public int FirstPortTrait { get; }

    /// <summary>In the order of evaluation.</summary>
    public FlatPolicy[] Policies { get; }

    /// <summary>Sets of port traits, as <see cref="EndpointKind.Ports"/> names them. Only to be read.</summary>
    public SequenceTrie PortSets => _ports.Sets;

    public Endpoints Endpoints => _indexer.Endpoints;

    /// <summary>The ranges of each trait of addresses; empty for other traits.</summary>
    public AddressRange[][] RangesOfTrait { get; }

    /// <summary>How much is remembered, in no particular unit: it grows with what was ever met.</summary>
    public int Size => _indexer.Size;

    public static SnapshotIndex Of(ClusterSnapshot snapshot) => new(snapshot.Namespaces, snapshot.Pods, snapshot.Nodes, snapshot.Policies);

    /// <summary>Whether the index can take the pod in: false when it has a port under a name that rules ask for, which no pod had before.</summary>
    public bool Fits(Pod pod) => _ports.Know(pod);

    /// <summary>Whether there is a Node object of the name.</summary>
    public bool HasNode(string name) => _nodes.ContainsKey(name);

    /// <inheritdoc cref="EndpointIndexer.Put"/>
    public (int Before, int After) Put(IpAddress address, IEnumerable<Pod> pods) => _indexer.Put(address, pods);

    /// <summary>Every Node object and every node that a pod names, by name.</summary>
    public IEnumerable<LocalNode> NodesWith(IEnumerable<Pod> pods)
    {
        var onNode = pods.Where(p => p.Node is not null).ToLookup(p => p.Node!, StringComparer.Ordinal);
        return _nodes.Keys.Concat(onNode.Select(p => p.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => NodeWith(name, onNode[name]));
    }

    /// <summary>A node with the pods that it runs.</summary>
    public LocalNode NodeWith(string name, IEnumerable<Pod> pods)
    {
        var node = _nodes.GetValueOrDefault(name);
        return new(
            name,
            (node?.Addresses ?? []).Distinct().Order().ToValueArray(),
            Disjoint(node?.PodNetworks ?? []),
            [.. pods.Where(p => p.IsSelectable).SelectMany(p => p.Addresses).Distinct().Order()]);
    }

    private static FlatPolicy InPlace(FlatPolicy policy, int[] places) => policy with
    {
        Subject = places[policy.Subject],
        Ingress = [.. policy.Ingress.Select(r => InPlace(r, places))],
        Egress = [.. policy.Egress.Select(r => InPlace(r, places))],
    };

    private static FlatRule InPlace(FlatRule rule, int[] places) => rule with { Traits = [.. rule.Traits.Select(t => places[t]).Order()] };

    /// <summary>Sorted, without those that another one holds.</summary>
    private static ValueArray<Cidr> Disjoint(ValueArray<Cidr> networks) =>
        networks.Where(n => !networks.Any(o => o != n && o.Contains(n))).Distinct().Order().ToValueArray();
}
