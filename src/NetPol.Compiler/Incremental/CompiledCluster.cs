using System.Runtime.InteropServices;
using NetPol.Compiler.Budgets;
using NetPol.Compiler.Building;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Incremental;

/// <summary>A compiled cluster that is updated incrementally. Initially empty. The cost of a change depends on the nodes that it affects.</summary>
internal sealed class CompiledCluster
{
    private readonly ClusterIndex _index;
    private readonly NodeCompiler _compiler;
    private readonly Dictionary<string, NodeState> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<int, HashSet<HookState>> _usersOfTrait = [];
    private readonly Dictionary<Cidr, HashSet<string>> _nodesOfNetwork = [];
    private readonly HashSet<(IpFamily Family, int PrefixLength)> _prefixes = [];
    private readonly NamespaceCosts? _costs;
    private int _mostSize;

    /// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
    /// <param name="budget">What the NetworkPolicies of a namespace may cost; null for no limits.</param>
    public CompiledCluster(Action<Policy>? inspect = null, NamespaceBudget? budget = null)
    {
        _index = new(inspect);
        _compiler = new(_index);
        _costs = budget is null ? null : new(_index, budget);
    }

    /// <summary>The namespaces whose NetworkPolicies exceed the budget and are isolated, by name.</summary>
    public ValueArray<ExceededBudget> Exceeded => _costs?.Exceeded ?? [];

    /// <summary>Whether most cached content belongs to deleted objects, so that the cluster should be compiled anew.</summary>
    public bool IsWorn => Size > _mostSize;

    /// <summary>The current objects.</summary>
    public ClusterSnapshot Everything => _index.Everything;

    private int Size => _index.Size + _compiler.Size;

    /// <summary>Whether there is such a Node object, or a pod names it. Other nodes have no state.</summary>
    public bool Names(string node) => _index.Names(node);

    /// <summary>Applies a batch of changes.</summary>
    /// <returns>In no particular order; some may be empty.</returns>
    public List<NodeRuleSetDelta> Apply(ClusterChanges changes)
    {
        var made = _index.Apply(changes);
        _costs?.Update(changes, made);
        _compiler.Take(made);
        var own = Own(made);
        var seen = Seen(made.Addresses);
        var known = Known(made.Addresses);
        var hooks = seen.Keys.Concat(made.Ranges.SelectMany(Users));
        var nodes = own.Concat(hooks.Select(h => h.Node.Node.Name)).Concat(known.Keys).ToHashSet(StringComparer.Ordinal);
        if (!made.NodeAddresses.IsEmpty)
            nodes.UnionWith(_nodes.Keys);
        var deltas = nodes.Select(Update).ToList();
        if (_mostSize == 0)
            _mostSize = (2 * Size) + 100_000;
        return deltas;

        NodeRuleSetDelta Update(string name)
        {
            if (!_nodes.TryGetValue(name, out var state))
                _nodes[name] = state = _compiler.Begin(name);
            var isOther = own.Contains(name);
            var (left, come) = known.GetValueOrDefault(name, ([], []));
            if (isOther)
                Forget(state);
            var delta = _compiler.Update(
                state, made, isOther, new(left.Order().ToValueArray(), come.Order().ToValueArray()), hook => seen.GetValueOrDefault(hook, []));
            if (isOther)
                Remember(state);
            if (!Names(name))
                _nodes.Remove(name);
            return delta;
        }
    }

    /// <summary>Returns the nodes that changed, or whose own pods or their policies changed.</summary>
    private HashSet<string> Own(IndexChanges changes)
    {
        var found = changes.Nodes.ToHashSet(StringComparer.Ordinal);
        foreach (var change in changes.Addresses.Concat(changes.Finished))
            AddNodesOf(change.Address);
        if (changes.Kinds.Count == 0)
            return found;
        AddNodesOfKinds(_index.Endpoints);
        AddNodesOfKinds(_index.Finished);
        return found;

        void AddNodesOfKinds(Endpoints endpoints)
        {
            var addresses = endpoints.Addresses;
            var kinds = endpoints.KindOf;
            for (var a = 0; a < kinds.Length; a++)
            {
                if (changes.Kinds.Contains(kinds[a]))
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
    private Dictionary<HookState, List<AddressChange>> Seen(List<AddressChange> changes)
    {
        var found = new Dictionary<HookState, List<AddressChange>>();
        var users = new Dictionary<(int, int), HashSet<HookState>>();
        foreach (var change in changes)
        {
            ref var hooks = ref CollectionsMarshal.GetValueRefOrAddDefault(users, (change.Before, change.After), out _);
            foreach (var hook in hooks ??= [.. Differing(change.Before, change.After).SelectMany(Users)])
            {
                ref var addresses = ref CollectionsMarshal.GetValueRefOrAddDefault(found, hook, out _);
                (addresses ??= []).Add(change);
            }
        }
        return found;
    }

    /// <summary>Returns the matchers of only one of the two endpoint classes.</summary>
    private IEnumerable<int> Differing(int one, int other) =>
        TraitsOf(one).Except(TraitsOf(other)).Concat(TraitsOf(other).Except(TraitsOf(one)));

    private IEnumerable<int> TraitsOf(int kind)
    {
        if (kind == Endpoints.None)
            return [];
        var (traits, ports, _) = _index.Endpoints.Kinds[kind];
        return traits.Concat(_index.Ports.Sets.Read(ports));
    }

    private IEnumerable<HookState> Users(int trait) => _usersOfTrait.TryGetValue(trait, out var hooks) ? hooks : [];

    /// <summary>Returns, for each node, the addresses in its pod networks that live pods gave up or got.</summary>
    private Dictionary<string, (List<IpAddress> Left, List<IpAddress> Come)> Known(List<AddressChange> changes)
    {
        var found = new Dictionary<string, (List<IpAddress> Left, List<IpAddress> Come)>(StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.Before != Endpoints.None && change.After != Endpoints.None)
                continue;
            foreach (var node in NodesAround(change.Address))
            {
                ref var lists = ref CollectionsMarshal.GetValueRefOrAddDefault(found, node, out var isThere);
                if (!isThere)
                    lists = ([], []);
                (change.After == Endpoints.None ? lists.Left : lists.Come).Add(change.Address);
            }
        }
        return found;
    }

    private IEnumerable<string> NodesAround(IpAddress address) => _prefixes
        .Where(p => p.Family == address.Family)
        .SelectMany(p => _nodesOfNetwork.GetValueOrDefault(Cidr.Of(address, p.PrefixLength), [])).Distinct(StringComparer.Ordinal);

    private void Forget(NodeState state)
    {
        foreach (var hook in state.Hooks)
        {
            foreach (var trait in hook.Traits)
                _usersOfTrait[trait].Remove(hook);
        }
        foreach (var network in state.Node.PodNetworks)
        {
            if (_nodesOfNetwork[network].Remove(state.Node.Name) && _nodesOfNetwork[network].Count == 0)
                _nodesOfNetwork.Remove(network);
        }
    }

    private void Remember(NodeState state)
    {
        foreach (var hook in state.Hooks)
        {
            foreach (var trait in hook.Traits)
            {
                ref var users = ref CollectionsMarshal.GetValueRefOrAddDefault(_usersOfTrait, trait, out _);
                (users ??= []).Add(hook);
            }
        }
        foreach (var network in state.Node.PodNetworks)
        {
            ref var names = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodesOfNetwork, network, out _);
            (names ??= []).Add(state.Node.Name);
            _prefixes.Add((network.Network.Family, network.PrefixLength));
        }
    }
}
