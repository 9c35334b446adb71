using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Selection;

/// <summary>Indexes a cluster for compiling its nodes. Initially empty.</summary>
internal sealed class ClusterIndex
{
    private readonly Dictionary<string, Namespace> _namespaces = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private readonly PodTable _pods = new();
    private readonly NodeAddressTable _nodeAddresses = new();
    private readonly PolicyNormalizer _normalizer;
    private readonly EndpointClassifier _indexer;

    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    public ClusterIndex(Action<Policy>? inspect = null)
    {
        NamedPorts = new(Matchers);
        _normalizer = new(Matchers, inspect);
        _indexer = new(Matchers, NamedPorts);
    }

    public PeerMatcherTable Matchers { get; } = new();

    public PolicyTable Policies { get; } = new();

    public NamedPortTable NamedPorts { get; }

    public EndpointTable Endpoints => _indexer.Endpoints;

    /// <inheritdoc cref="EndpointClassifier.FinishedEndpoints"/>
    public EndpointTable FinishedEndpoints => _indexer.FinishedEndpoints;

    /// <summary>The ranges of each address matcher. Empty for other matchers.</summary>
    public List<AddressRange[]> RangesByMatcher { get; } = [];

    /// <summary>The addresses of all nodes, sorted and distinct.</summary>
    public ValueArray<IpAddress> NodeAddresses => _nodeAddresses.All;

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _indexer.Size + Matchers.Count + Policies.Count;

    /// <summary>All Node objects and all nodes that pods name, in order.</summary>
    public IEnumerable<string> NodeNames => _nodes.Keys.Union(_pods.Nodes, StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>The current objects.</summary>
    public ClusterSnapshot ToSnapshot => ClusterSnapshot.Create(_namespaces.Values, _pods.All, _nodes.Values, _policies.Values);

    /// <summary>Applies a batch of changes. Unchanged objects have no effect.</summary>
    public IndexChanges Apply(ClusterChanges changes)
    {
        var knownMatchers = Matchers.Count;
        foreach (var (name, value) in changes.Namespaces)
        {
            if (Set(_namespaces, name, value, out _))
                _indexer.Update(name, value);
        }
        var subjects = new HashSet<int>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, policy) in changes.Policies)
        {
            if (Set(_policies, id, policy, out _))
                Set(id, policy, subjects, names);
        }
        var nodes = new HashSet<string>(StringComparer.Ordinal);
        var pods = new PodChanges(nodes);
        foreach (var (id, pod) in changes.Pods)
            _pods.Set(id, pod, pods);
        // The first rule that uses a port name checks every pod. This is rare.
        if (names.Count > 0)
            pods.Addresses.UnionWith(_pods.All.Where(p => !p.HostNetwork && p.Ports.Any(o => names.Contains(o.Name ?? ""))).SelectMany(p => p.Addresses));
        foreach (var address in pods.Addresses)
            _indexer.Update(address, _pods.SelectableAt(address), _pods.FinishedAt(address));
        // A port name in egress rules now covers more ports. This is rare too.
        if (NamedPorts.TakeNamesWithNewPorts() is { Count: > 0 } grown)
            Policies.WithEgressPortNames(grown).ForEach(p => Readd(p, subjects));
        var ranges = new HashSet<int>();
        foreach (var (name, node) in changes.Nodes)
        {
            if (!Set(_nodes, name, node, out var before))
                continue;
            nodes.Add(name);
            _nodeAddresses.Update(before, node);
            ranges.UnionWith(MatchersSelecting(before, node, knownMatchers));
        }
        ranges.RemoveWhere(t => !UpdateRanges(t));
        for (var matcher = knownMatchers; matcher < Matchers.Count; matcher++)
        {
            RangesByMatcher.Add([]);
            UpdateRanges(matcher);
            _indexer.AddMatcher(matcher);
        }
        var (addresses, finished) = _indexer.Commit();
        return new(addresses, finished, [.. subjects.SelectMany(t => Endpoints.ClassesByMatcher[t])], ranges, nodes, _nodeAddresses.TakeChanges());
    }

    /// <summary>Whether the node has a Node object or a pod names it.</summary>
    public bool IsKnownNode(string node) => _nodes.ContainsKey(node) || _pods.PodsOnNode(node).Count > 0;

    /// <summary>The selectable pods that have the address.</summary>
    public Pod[] SelectableAt(IpAddress address) => _pods.SelectableAt(address);

    /// <summary>The finished pods that have the address and are not in their host's network.</summary>
    public Pod[] FinishedAt(IpAddress address) => _pods.FinishedAt(address);

    /// <summary>Returns the endpoint class of an address as a subject, or <see cref="EndpointTable.None"/> without a pod, and whether only finished pods have the address.</summary>
    public (int EndpointClass, bool IsFinished) SubjectAt(IpAddress address)
    {
        var endpointClass = Endpoints.ClassAt(address);
        return endpointClass != EndpointTable.None ? (endpointClass, false) : (FinishedEndpoints.ClassAt(address), true);
    }

    /// <summary>The pods that are subjects at the address: the selectable ones, or the finished ones if there is none.</summary>
    public Pod[] SubjectsAt(IpAddress address) => _pods.SelectableAt(address) is { Length: > 0 } pods ? pods : _pods.FinishedAt(address);

    /// <summary>Whether the pod is a subject at the address: it is selectable, or finished while no selectable pod has the address.</summary>
    public bool IsSubjectAt(Pod pod, IpAddress address) => !pod.HostNetwork && (!pod.Finished || _pods.SelectableAt(address).Length == 0);

    /// <summary>The pods of a namespace, in no particular order.</summary>
    public IReadOnlyCollection<Pod> PodsIn(string name) => _pods.PodsInNamespace(name);

    /// <summary>Returns a node and the pods that it runs. A node without a Node object has no addresses and no labels.</summary>
    public LocalNode GetNode(string name)
    {
        var node = _nodes.GetValueOrDefault(name);
        var pods = _pods.PodsOnNode(name).Where(p => p.IsSelectable).ToList();
        var subjects = _pods.PodsOnNode(name).SelectMany(p => p.Addresses.Where(a => IsSubjectAt(p, a))).Distinct().Order();
        return new(
            name,
            (node?.AllAddresses ?? []).Distinct().Order().ToValueArray(),
            WithoutNested(node?.PodCidrs ?? []),
            [.. subjects],
            node?.Labels)
        {
            GrantedSources = pods.Where(p => !p.GrantedSources.IsEmpty).SelectMany(p => p.Addresses.Select(a => (Address: a, p.GrantedSources)))
                .GroupBy(g => g.Address, g => g.GrantedSources)
                .SelectMany(g => WithoutNested(g.SelectMany(s => s).ToValueArray()).Select(sources => new GrantedSource(g.Key, sources)))
                .Order().ToValueArray(),
        };
    }

    /// <returns>Whether the object changed.</returns>
    private static bool Set<TKey, T>(Dictionary<TKey, T> objects, TKey key, T? value, out T? before)
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

    private void Set(PolicyId id, Policy? policy, HashSet<int> subjects, HashSet<string> names)
    {
        if (Policies.Remove(id) is { } before)
            subjects.Add(before.Subject);
        if (policy is not { HasEffect: true })
            return;
        var flat = _normalizer.Normalize(policy);
        names.UnionWith(NamedPorts.Register(flat));
        Policies.Add(flat);
        subjects.Add(flat.Subject);
    }

    private void Readd(NormalizedPolicy policy, HashSet<int> subjects)
    {
        Policies.Remove(policy.Policy.Id);
        Policies.Add(policy);
        subjects.Add(policy.Subject);
    }

    /// <summary>Returns the known node matchers that select either of the two.</summary>
    private IEnumerable<int> MatchersSelecting(Node? before, Node? after, int knownMatchers) => Enumerable.Range(0, knownMatchers).Where(t =>
        Matchers[t].Addresses is Peer.Nodes { Selector: var selector } &&
        ((before is not null && selector.Matches(before.Labels)) || (after is not null && selector.Matches(after.Labels))));

    /// <returns>Whether the matcher's ranges changed.</returns>
    private bool UpdateRanges(int matcher)
    {
        var ranges = PeerRanges.Find(Matchers[matcher], _nodes.Values);
        if (ranges.SequenceEqual(RangesByMatcher[matcher]))
            return false;
        RangesByMatcher[matcher] = ranges;
        return true;
    }

    /// <summary>Sorts the networks and removes those within another one.</summary>
    private static ValueArray<Cidr> WithoutNested(ValueArray<Cidr> networks) =>
        networks.Where(n => !networks.Any(o => o != n && o.Contains(n))).Distinct().Order().ToValueArray();
}

/// <summary>The effect of a batch of changes on the index.</summary>
/// <param name="Addresses">The addresses of selectable pods whose endpoint class changed, ascending.</param>
/// <param name="FinishedAddresses">The addresses that only finished pods have, as <paramref name="Addresses"/>.</param>
/// <param name="EndpointClasses">The endpoint classes to which other or changed policies apply.</param>
/// <param name="Ranges">The address matchers whose addresses changed.</param>
/// <param name="Nodes">The nodes that changed or run other pods.</param>
/// <param name="NodeAddresses">The removed and added node addresses.</param>
internal sealed record IndexChanges(
    List<AddressChange> Addresses, List<AddressChange> FinishedAddresses, HashSet<int> EndpointClasses, HashSet<int> Ranges, HashSet<string> Nodes, ListChange<IpAddress> NodeAddresses);

/// <summary>An address whose endpoint class changed.</summary>
/// <param name="Address">The address.</param>
/// <param name="OldClass">The old endpoint class, or <see cref="EndpointTable.None"/> without a pod.</param>
/// <param name="NewClass">The new endpoint class, or <see cref="EndpointTable.None"/> without a pod.</param>
internal readonly record struct AddressChange(IpAddress Address, int OldClass, int NewClass);

/// <summary>A node that can run pods.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its own addresses, including those that its agent reports, sorted and distinct. Empty without a Node object.</param>
/// <param name="PodCidrs">The networks of its pods, sorted and disjoint.</param>
/// <param name="Subjects">The addresses at which its pods are subjects, sorted and distinct.</param>
/// <param name="Labels">Its labels. Null without a Node object.</param>
internal sealed record LocalNode(string Name, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodCidrs, IpAddress[] Subjects, Labels? Labels)
{
    /// <summary>The additional source addresses of its selectable pods, sorted.</summary>
    public ValueArray<GrantedSource> GrantedSources { get; init; } = [];
}
