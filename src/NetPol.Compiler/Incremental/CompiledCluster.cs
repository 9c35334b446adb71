using System.Runtime.InteropServices;
using NetPol.Compiler.Building;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Incremental;

/// <summary>
/// A compiled cluster whose pods may change while everything else stays. A changed pod costs its own node anew, and elsewhere what it
/// changes on the nodes that look at it.
/// </summary>
internal sealed class CompiledCluster
{
    private readonly SnapshotIndex _index;
    private readonly NodeCompiler _compiler;
    private readonly PodTable _pods;
    private readonly Dictionary<string, NodeState> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<HookState>?[] _usersOfTrait;
    private readonly Dictionary<Cidr, List<string>> _nodesOfNetwork = [];
    private readonly HashSet<(IpFamily Family, int PrefixLength)> _prefixes = [];
    private readonly int _mostSize;

    /// <param name="namespaces">Every namespace.</param>
    /// <param name="pods">Every pod; to be kept up to date.</param>
    /// <param name="nodes">Every Node object.</param>
    /// <param name="policies">Every policy, in the order of evaluation.</param>
    /// <param name="rules">The rule sets, in the order of the nodes' names.</param>
    public CompiledCluster(
        ValueArray<Namespace> namespaces, PodTable pods, ValueArray<Node> nodes, IEnumerable<Model.Policies.Policy> policies, out List<NodeRuleSet> rules)
    {
        _pods = pods;
        _index = new(namespaces, pods.All, nodes, policies);
        _compiler = new(_index);
        _usersOfTrait = new HashSet<HookState>?[_index.Traits.Length];
        rules = [];
        foreach (var node in _index.NodesWith(pods.All))
        {
            rules.Add(Compile(node));
            foreach (var network in node.PodNetworks)
            {
                ref var names = ref CollectionsMarshal.GetValueRefOrAddDefault(_nodesOfNetwork, network, out _);
                (names ??= []).Add(node.Name);
                _prefixes.Add((network.Network.Family, network.PrefixLength));
            }
        }
        // What was met and is gone stays in memory; by then it is time to begin anew.
        _mostSize = (2 * Size) + 100_000;
    }

    private int Size => _index.Size + _compiler.Size;

    /// <summary>Whether the changes can be taken in: false when they mean more than changed pods, or too much has been met since the start.</summary>
    public bool Fits(PodChanges changes) => Size <= _mostSize && changes.Pods.TrueForAll(_index.Fits);

    /// <summary>Takes changes in that <see cref="Fits"/>; the table of pods has taken them in already.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="before">The rule set of a node as it was.</param>
    /// <returns>In no particular order; some may be empty.</returns>
    public IEnumerable<NodeRuleSetDelta> Apply(PodChanges changes, Func<string, NodeRuleSet> before)
    {
        var changed = new List<AddressChange>();
        foreach (var address in changes.Addresses)
        {
            var (was, isNow) = _index.Put(address, _pods.SelectableAt(address));
            if (was != isNow)
                changed.Add(new(address, was, isNow));
        }
        var anew = changes.Nodes.Union(changed.SelectMany(c => _pods.SelectableAt(c.Address)).Select(p => p.Node).OfType<string>(), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        var deltas = anew.Select(node => NodeRuleSetDelta.Between(before(node), Anew(node))).ToList();
        deltas.AddRange(Elsewhere(changed, anew));
        return deltas;
    }

    private NodeRuleSet Anew(string node)
    {
        if (_nodes.Remove(node, out var state))
        {
            foreach (var hook in state.Hooks)
            {
                foreach (var trait in hook.Local.Traits)
                    _usersOfTrait[trait]!.Remove(hook);
            }
        }
        var pods = _pods.OnNode(node);
        return pods.Count > 0 || _index.HasNode(node) ? Compile(_index.NodeWith(node, pods)) : NodeRuleSet.EmptyFor(node);
    }

    private NodeRuleSet Compile(LocalNode node)
    {
        var rules = _compiler.Compile(node, out var state);
        _nodes[node.Name] = state;
        foreach (var hook in state.Hooks)
        {
            foreach (var trait in hook.Local.Traits)
                (_usersOfTrait[trait] ??= []).Add(hook);
        }
        return rules;
    }

    private IEnumerable<NodeRuleSetDelta> Elsewhere(List<AddressChange> changed, HashSet<string> except)
    {
        var hooks = new Dictionary<HookState, List<AddressChange>>();
        var known = new Dictionary<string, (List<IpAddress> Removed, List<IpAddress> Added)>(StringComparer.Ordinal);
        foreach (var change in changed)
        {
            foreach (var hook in Users(change))
            {
                ref var addresses = ref CollectionsMarshal.GetValueRefOrAddDefault(hooks, hook, out _);
                (addresses ??= []).Add(change);
            }
            if (change.Before != Endpoints.None && change.After != Endpoints.None)
                continue;
            foreach (var node in NodesAround(change.Address))
            {
                ref var lists = ref CollectionsMarshal.GetValueRefOrAddDefault(known, node, out var isThere);
                if (!isThere)
                    lists = ([], []);
                (change.After == Endpoints.None ? lists.Removed : lists.Added).Add(change.Address);
            }
        }
        var ofNode = hooks.GroupBy(h => h.Key.Node).ToDictionary(g => g.Key.Node.Name, g => g.Select(h => (h.Key, h.Value)), StringComparer.Ordinal);
        foreach (var node in ofNode.Keys.Union(known.Keys, StringComparer.Ordinal).Except(except, StringComparer.Ordinal))
        {
            var (removed, added) = known.GetValueOrDefault(node, ([], []));
            yield return _compiler.Update(
                _nodes[node], new(removed.Order().ToValueArray(), added.Order().ToValueArray()), ofNode.GetValueOrDefault(node, []));
        }
    }

    /// <summary>The hooks that may see a difference, each once: those that look at anything that the address had or has.</summary>
    private HashSet<HookState> Users(AddressChange change)
    {
        var found = new HashSet<HookState>();
        foreach (var kind in (ReadOnlySpan<int>)[change.Before, change.After])
        {
            if (kind == Endpoints.None)
                continue;
            var (traits, _, ports) = _index.Endpoints.Kinds[kind];
            foreach (var trait in traits.Concat(_index.PortSets.Read(ports)))
                found.UnionWith(_usersOfTrait[trait] ?? []);
        }
        return found;
    }

    private IEnumerable<string> NodesAround(IpAddress address) => _prefixes
        .Where(p => p.Family == address.Family)
        .SelectMany(p => _nodesOfNetwork.GetValueOrDefault(Cidr.Of(address, p.PrefixLength), [])).Distinct(StringComparer.Ordinal);
}
