using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>Indexes a cluster for compiling its nodes. Initially empty.</summary>
internal sealed class ClusterIndex
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private readonly PodTable _pods = new();
    private readonly NodeAddressTable _nodeAddresses = new();
    private readonly PolicyFlattener _flattener;
    private readonly EndpointIndexer _indexer;

    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    public ClusterIndex(Action<Policy>? inspect = null)
    {
        Ports = new(Traits);
        _flattener = new(Traits, inspect);
        _indexer = new(Traits, Ports);
    }

    public TraitTable Traits { get; } = new();

    public PolicyTable Policies { get; } = new();

    public NamedPorts Ports { get; }

    public Endpoints Endpoints => _indexer.Endpoints;

    /// <inheritdoc cref="EndpointIndexer.Finished"/>
    public Endpoints Finished => _indexer.Finished;

    /// <summary>The ranges of each address matcher. Empty for other matchers.</summary>
    public List<AddressRange[]> RangesOfTrait { get; } = [];

    /// <summary>The addresses of all nodes, sorted and distinct.</summary>
    public ValueArray<IpAddress> NodeAddresses => _nodeAddresses.All;

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _indexer.Size + Traits.Count + Policies.Count;

    /// <summary>All Node objects and all nodes that pods name, in order.</summary>
    public IEnumerable<string> NodeNames => _nodes.Keys.Union(_pods.Nodes, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The current objects.</summary>
    public ClusterSnapshot Everything => ClusterSnapshot.Create(_namespaces.Values, _pods.All, _nodes.Values, _policies.Values);

    /// <summary>Applies a batch of changes. Unchanged objects have no effect.</summary>
    public IndexChanges Apply(ClusterChanges changes)
    {
        var knownTraits = Traits.Count;
        foreach (var (name, value) in changes.Namespaces)
        {
            if (Put(_namespaces, name, value, out _))
                _indexer.Put(name, value);
        }
        var subjects = new HashSet<int>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, policy) in changes.Policies)
        {
            if (Put(_policies, id, policy, out _))
                Put(id, policy, subjects, names);
        }
        var nodes = new HashSet<string>(StringComparer.Ordinal);
        var pods = new PodChanges(nodes);
        foreach (var (id, pod) in changes.Pods)
            _pods.Put(id, pod, pods);
        // The first rule that uses a port name checks every pod. This is rare.
        if (names.Count > 0)
            pods.Addresses.UnionWith(_pods.All.Where(p => !p.HostNetwork && p.Ports.Any(o => names.Contains(o.Name ?? ""))).SelectMany(p => p.Addresses));
        foreach (var address in pods.Addresses)
            _indexer.Put(address, _pods.SelectableAt(address), _pods.FinishedAt(address));
        // A port name in egress rules now covers more ports. This is rare too.
        if (Ports.TakeGrown() is { Count: > 0 } grown)
            Policies.AskingInEgress(grown).ForEach(p => Renew(p, subjects));
        var ranges = new HashSet<int>();
        foreach (var (name, node) in changes.Nodes)
        {
            if (!Put(_nodes, name, node, out var before))
                continue;
            nodes.Add(name);
            _nodeAddresses.Put(before, node);
            ranges.UnionWith(Selecting(before, node, knownTraits));
        }
        ranges.RemoveWhere(t => !PutRanges(t));
        for (var trait = knownTraits; trait < Traits.Count; trait++)
        {
            RangesOfTrait.Add([]);
            PutRanges(trait);
            _indexer.Add(trait);
        }
        var (addresses, finished) = _indexer.Settle();
        return new(addresses, finished, [.. subjects.SelectMany(t => Endpoints.KindsOfTrait[t])], ranges, nodes, _nodeAddresses.TakeChanges());
    }

    /// <summary>Whether there is such a Node object, or a pod names it.</summary>
    public bool Names(string node) => _nodes.ContainsKey(node) || _pods.OnNode(node).Count > 0;

    /// <summary>The selectable pods that have the address.</summary>
    public Pod[] SelectableAt(IpAddress address) => _pods.SelectableAt(address);

    /// <summary>The finished pods that have the address and are not in their host's network.</summary>
    public Pod[] FinishedAt(IpAddress address) => _pods.FinishedAt(address);

    /// <summary>The kind of an address as a subject, <see cref="Endpoints.None"/> when no pod has it; and whether only finished pods have it.</summary>
    public (int Kind, bool IsFinished) SubjectAt(IpAddress address)
    {
        var kind = Endpoints.KindAt(address);
        return kind != Endpoints.None ? (kind, false) : (Finished.KindAt(address), true);
    }

    /// <summary>Whether the pod is a subject at the address: it is selectable, or finished while no selectable pod has the address.</summary>
    public bool IsSubjectAt(Pod pod, IpAddress address) => !pod.HostNetwork && (!pod.Finished || _pods.SelectableAt(address).Length == 0);

    /// <summary>The pods of a namespace, in no particular order.</summary>
    public IReadOnlyCollection<Pod> PodsIn(string name) => _pods.In(name);

    /// <summary>A node with the pods that it runs.</summary>
    public LocalNode Node(string name)
    {
        var node = _nodes.GetValueOrDefault(name);
        var pods = _pods.OnNode(name).Where(p => p.IsSelectable).ToList();
        var subjects = _pods.OnNode(name).SelectMany(p => p.Addresses.Where(a => IsSubjectAt(p, a))).Distinct().Order();
        return new(
            name,
            (node?.AllAddresses ?? []).Distinct().Order().ToValueArray(),
            Disjoint(node?.PodNetworks ?? []),
            [.. subjects],
            node?.Labels)
        {
            GrantedSources = pods.Where(p => !p.GrantedSources.IsEmpty).SelectMany(p => p.Addresses.Select(a => (Address: a, p.GrantedSources)))
                .GroupBy(g => g.Address, g => g.GrantedSources)
                .SelectMany(g => Disjoint(g.SelectMany(s => s).ToValueArray()).Select(sources => new GrantedSource(g.Key, sources)))
                .Order().ToValueArray(),
        };
    }

    /// <returns>Whether the object changed.</returns>
    private static bool Put<TKey, T>(Dictionary<TKey, T> objects, TKey key, T? value, out T? before)
        where TKey : notnull
        where T : class
    {
        before = objects.GetValueOrDefault(key);
        if (Equals(before, value))
            return false;
        if (value is null)
            objects.Remove(key);
        else
            objects[key] = value;
        return true;
    }

    private void Put(PolicyId id, Policy? policy, HashSet<int> subjects, HashSet<string> names)
    {
        if (Policies.Remove(id) is { } before)
            subjects.Add(before.Subject);
        if (policy is not { HasEffect: true })
            return;
        var flat = _flattener.Flatten(policy);
        names.UnionWith(Ports.Ask(flat));
        Policies.Add(flat);
        subjects.Add(flat.Subject);
    }

    private void Renew(FlatPolicy policy, HashSet<int> subjects)
    {
        Policies.Remove(policy.Policy.Id);
        Policies.Add(policy);
        subjects.Add(policy.Subject);
    }

    /// <summary>Returns the known node matchers that select either of the two.</summary>
    private IEnumerable<int> Selecting(Node? before, Node? after, int knownTraits) => Enumerable.Range(0, knownTraits).Where(t =>
        Traits[t].Addresses is Peer.Nodes { Selector: var selector } &&
        ((before is not null && selector.Matches(before.Labels)) || (after is not null && selector.Matches(after.Labels))));

    /// <returns>Whether the matcher's ranges changed.</returns>
    private bool PutRanges(int trait)
    {
        var ranges = AddressRanges.Of(Traits[trait], _nodes.Values);
        if (ranges.SequenceEqual(RangesOfTrait[trait]))
            return false;
        RangesOfTrait[trait] = ranges;
        return true;
    }

    /// <summary>Sorts the networks and removes those within another one.</summary>
    private static ValueArray<Cidr> Disjoint(ValueArray<Cidr> networks) =>
        networks.Where(n => !networks.Any(o => o != n && o.Contains(n))).Distinct().Order().ToValueArray();
}
