using System.Runtime.InteropServices;
using NetPol.Compiler.Budgets;
using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.RuleSets;

/// <summary>A compiled cluster that is updated incrementally. Initially empty. The cost of a change depends on the nodes that it affects.</summary>
internal sealed class CompiledCluster
{
    private readonly ClusterIndex _index;
    private readonly NodeCompiler _compiler;
    private readonly Dictionary<string, NodeCompilerState> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<RuleDeltaState>> _pointsByMatcher = [];
    private readonly Dictionary<Cidr, HashSet<string>> _nodesOfNetwork = [];
    private readonly HashSet<(IpFamily Family, int PrefixLength)> _prefixes = [];
    private readonly NamespaceCostTracker? _costs;
    private int _compactionSize;

    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <param name="budget">The limits on the NetworkPolicies of a namespace. Null for no limits.</param>
    public CompiledCluster(Action<Policy>? inspect = null, NamespaceBudget? budget = null)
    {
        _index = new(inspect);
        _compiler = new(_index);
        _costs = budget is null ? null : new(_index, budget);
    }

    /// <summary>The namespaces whose NetworkPolicies exceed the budget and are isolated, by name.</summary>
    public ValueArray<ExceededBudget> ExceededBudgets => _costs?.Exceeded ?? [];

    /// <summary>Whether most cached content belongs to deleted objects, so that the cluster should be compiled anew.</summary>
    public bool NeedsCompaction => Size > _compactionSize;

    /// <summary>The current objects.</summary>
    public ClusterSnapshot Snapshot => _index.ToSnapshot;

    private int Size => _index.Size + _compiler.Size;

    /// <summary>Whether the node has a Node object or a pod names it. Other nodes have no state.</summary>
    public bool IsKnownNode(string node) => _index.IsKnownNode(node);

    /// <summary>Applies a batch of changes.</summary>
    /// <returns>The deltas of the affected nodes, in no particular order. Some may be empty.</returns>
    public List<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        var made = _index.Apply(changes);
        _costs?.Update(changes, made);
        _compiler.InvalidatePolicySets(made);
        var own = NodesToRecompile(made);
        var seen = ChangesByPoint(made.Addresses);
        var known = ReadyPodChanges(made.Addresses);
        var points = seen.Keys.Concat(made.Ranges.SelectMany(PointsUsing));
        var nodes = own.Concat(points.Select(h => h.Node.Node.Name)).Concat(known.Keys).ToHashSet(StringComparer.Ordinal);
        if (!made.NodeAddresses.IsEmpty)
            nodes.UnionWith(_nodes.Keys);
        var deltas = nodes.Select(Update).ToList();
        if (_compactionSize == 0)
            _compactionSize = (2 * Size) + 100_000;
        return deltas;

        NodeRuleSetDelta Update(string name)
        {
            if (!_nodes.TryGetValue(name, out var state))
                _nodes[name] = state = _compiler.CreateState(name);
            var isOther = own.Contains(name);
            var (left, come) = known.GetValueOrDefault(name, ([], []));
            if (isOther)
                Unregister(state);
            var delta = _compiler.Update(
                state, made, isOther, new(left.Order().ToValueArray(), come.Order().ToValueArray()), point => seen.GetValueOrDefault(point, []));
            if (isOther)
                Register(state);
            if (!IsKnownNode(name))
                _nodes.Remove(name);
            return delta;
        }
    }

    /// <summary>Returns the nodes that changed, or whose own pods or their policies changed.</summary>
    private HashSet<string> NodesToRecompile(IndexChanges changes)
    {
        var found = changes.Nodes.ToHashSet(StringComparer.Ordinal);
        foreach (var change in changes.Addresses.Concat(changes.FinishedAddresses))
            AddNodesOf(change.Address);
        if (changes.EndpointClasses.Count == 0)
            return found;
        AddNodesOfEndpointClasses(_index.Endpoints);
        AddNodesOfEndpointClasses(_index.FinishedEndpoints);
        return found;

        void AddNodesOfEndpointClasses(EndpointTable endpoints)
        {
            var addresses = endpoints.Addresses;
            var endpointClasses = endpoints.ClassOf;
            for (var a = 0; a < endpointClasses.Length; a++)
            {
                if (changes.EndpointClasses.Contains(endpointClasses[a]))
                    AddNodesOf(addresses[a]);
            }
        }

        void AddNodesOf(IpAddress address)
        {
            foreach (var pod in _index.SelectableAt(address).Concat(_index.FinishedAt(address)))
            {
                if (pod.Node is { } node)
                    found.Add(node);
            }
        }
    }

    /// <summary>Returns, for each enforcement point, the changed addresses that gained or lost a used matcher.</summary>
    private Dictionary<RuleDeltaState, List<AddressChange>> ChangesByPoint(List<AddressChange> changes)
    {
        var found = new Dictionary<RuleDeltaState, List<AddressChange>>();
        var users = new Dictionary<(int, int), HashSet<RuleDeltaState>>();
        foreach (var change in changes)
        {
            ref var points = ref CollectionsMarshal.GetValueRefOrAddDefault(users, (change.OldClass, change.NewClass), out _);
            foreach (var point in points ??= [.. Differing(change.OldClass, change.NewClass).SelectMany(PointsUsing)])
            {
                ref var addresses = ref CollectionsMarshal.GetValueRefOrAddDefault(found, point, out _);
                (addresses ??= []).Add(change);
            }
        }
        return found;
    }

    /// <summary>Returns the matchers of only one of the two endpoint classes.</summary>
    private IEnumerable<int> Differing(int one, int other) =>
        MatchersOf(one).Except(MatchersOf(other)).Concat(MatchersOf(other).Except(MatchersOf(one)));

    private IEnumerable<int> MatchersOf(int endpointClass)
    {
        if (endpointClass == EndpointTable.None)
            return [];
        var (matchers, ports, _) = _index.Endpoints.Classes[endpointClass];
        return matchers.Concat(_index.NamedPorts.Sets.Read(ports));
    }

    private IEnumerable<RuleDeltaState> PointsUsing(int matcher) => _pointsByMatcher.TryGetValue(matcher, out var points) ? points : [];

    /// <summary>Returns, for each node, the addresses in its pod networks that live pods gave up or got.</summary>
    private Dictionary<string, (List<IpAddress> Left, List<IpAddress> Come)> ReadyPodChanges(List<AddressChange> changes)
    {
        var found = new Dictionary<string, (List<IpAddress> Left, List<IpAddress> Come)>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.OldClass != EndpointTable.None && change.NewClass != EndpointTable.None)
                continue;
            foreach (var node in NodesAround(change.Address))
            {
                ref var lists = ref CollectionsMarshal.GetValueRefOrAddDefault(found, node, out var isThere);
                if (!isThere)
                    lists = ([], []);
                (change.NewClass == EndpointTable.None ? lists.Left : lists.Come).Add(change.Address);
            }
        }
        return found;
    }

    private IEnumerable<string> NodesAround(IpAddress address) => _prefixes
        .Where(p => p.Family == address.Family)
        .SelectMany(p => _nodesOfNetwork.GetValueOrDefault(Cidr.Create(address, p.PrefixLength), [])).Distinct(StringComparer.Ordinal);

    private void Unregister(NodeCompilerState state)
    {
        foreach (var point in state.EnforcementPoints)
        {
            foreach (var matcher in point.Matchers)
                _pointsByMatcher[matcher].Remove(point);
        }
        foreach (var network in state.Node.PodCidrs)
        {
            if (_nodesOfNetwork[network].Remove(state.Node.Name) && _nodesOfNetwork[network].Count == 0)
                _nodesOfNetwork.Remove(network);
        }
    }

    private void Register(NodeCompilerState state)
    {
        foreach (var point in state.EnforcementPoints)
        {
            foreach (var matcher in point.Matchers)
            {
                ref var users = ref CollectionsMarshal.GetValueRefOrAddDefault(_pointsByMatcher, matcher, out _);
                (users ??= []).Add(point);
            }
        }
        foreach (var network in state.Node.PodCidrs)
        {
            ref var names = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodesOfNetwork, network, out _);
            (names ??= []).Add(state.Node.Name);
            _prefixes.Add((network.Network.Family, network.PrefixLength));
        }
    }
}

/// <summary>The result of a full compilation.</summary>
/// <param name="Cluster">The compiled cluster, for further changes.</param>
/// <param name="Rules">The rule sets by node name.</param>
internal sealed record FullCompilation(CompiledCluster Cluster, IReadOnlyDictionary<string, NodeRuleSet> Rules)
{
    /// <summary>Compiles the snapshot. Returns null if that fails.</summary>
    public static FullCompilation? TryCompile(ClusterSnapshot snapshot, Action<Policy>? inspect, NamespaceBudget? budget, out Exception? error)
    {
        try
        {
            error = null;
            var cluster = new CompiledCluster(inspect, budget);
            var rules = cluster.Apply(ClusterChanges.FromEmptyTo(snapshot)).ToDictionary(d => d.Node, d => d.Apply(NodeRuleSet.CreateEmpty(d.Node)), StringComparer.Ordinal);
            return new(cluster, rules);
        }
        catch (Exception failure) when (IsCompileFailure(failure))
        {
            error = failure;
            return null;
        }
    }

    /// <summary>Whether a policy may have caused the exception. Running out of memory says nothing about policies.</summary>
    public static bool IsCompileFailure(Exception error) => error is not OutOfMemoryException;
}
