using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Compiles the nodes of a snapshot one after another; what nodes have in common is worked out once. Not for concurrent use.</summary>
internal sealed class NodeCompiler
{
    private readonly SnapshotIndex _index;
    private readonly SequenceTrie _classes = new();
    private readonly VerdictTable _verdicts = new();
    private readonly GroupTable _groups;
    private readonly TraitUse _use;
    private readonly PeerClasses _peers;
    private readonly CellRows _rows;
    private readonly ProfileUse _profiles;
    private readonly HookBuilder _builder;
    private readonly Dictionary<long, bool> _needed = [];

    public NodeCompiler(SnapshotIndex index)
    {
        _index = index;
        _groups = new(new(index, _classes, _verdicts));
        _use = new(index.Traits);
        _peers = new(index, _classes, _use);
        _rows = new(_classes, _use);
        _profiles = new(_verdicts);
        _builder = new(index, new ClassIds(index.Traits, _classes), _profiles, _rows);
    }

    public NodeRuleSet Compile(LocalNode node)
    {
        var egress = Others(node, Direction.Egress);
        var ingress = Others(node, Direction.Ingress);
        var toNode = ToOwnNode(node);
        var (profiles, decisions) = _profiles.Take();
        return new()
        {
            Node = node.Name,
            NodeAddresses = node.Addresses,
            PodNetworks = node.PodNetworks,
            KnownPods = node.PodNetworks.SelectMany(KnownIn).ToValueArray(),
            Decisions = decisions,
            Profiles = profiles,
            Egress = egress,
            Ingress = ingress,
            EgressToNode = toNode,
        };
    }

    /// <summary>Wherever the pods run: some networks lend addresses to other nodes, and a pod that is known needs no holding.</summary>
    private IEnumerable<IpAddress> KnownIn(Cidr network)
    {
        var addresses = _index.Endpoints.Addresses;
        var found = Array.BinarySearch(addresses, network.Network);
        for (var a = found < 0 ? ~found : found; a < addresses.Length && addresses[a] <= network.Last; a++)
            yield return addresses[a];
    }

    /// <summary>The hooks Egress and Ingress: pods and networks are peers.</summary>
    private HookRules Others(LocalNode node, Direction direction)
    {
        var local = Begin(node, direction, Scope.Others);
        if (local.Subjects.Count == 0)
            return HookRules.Empty;
        _peers.Assign();
        AddNetworks(_peers.Networks);
        AddPods();
        return _builder.Build(local, Self(local, direction), Default(direction));
    }

    /// <summary>
    /// The hook EgressToNode: networks are peers, and not only the node's own addresses, since a node has more than its status lists (such
    /// as its end of a pod's link).
    /// </summary>
    private HookRules ToOwnNode(LocalNode node)
    {
        var local = Begin(node, Direction.Egress, Scope.OwnNode);
        if (local.Subjects.Count == 0)
            return HookRules.Empty;
        AddNetworks(NetworkSweep.Cut(_peers.UsedNetworks, _index.RangesOfTrait, _classes));
        return _builder.Build(local, [], Default(Direction.Egress));
    }

    private void AddNetworks(List<(AddressRange Range, int Class)> networks)
    {
        foreach (var (range, peerClass) in networks)
        {
            if (_rows.Of(peerClass).Length > 0)
                _builder.AddNetwork(range, peerClass);
        }
    }

    private LocalSubjects Begin(LocalNode node, Direction direction, Scope scope)
    {
        var local = new LocalSubjects(node.Pods, _index.Endpoints.KindOf, _groups, direction, scope);
        _use.Begin(local.Groups);
        _rows.Begin(local.Groups);
        return local;
    }

    /// <summary>An address needs an entry only where the interval that holds it, if any, would judge it otherwise.</summary>
    private void AddPods()
    {
        _needed.Clear();
        var addresses = _index.Endpoints.Addresses;
        var (ofAddress, networkOfAddress) = (_peers.OfAddress, _peers.NetworkOfAddress);
        for (var a = 0; a < addresses.Length; a++)
        {
            var (peerClass, network) = (ofAddress[a], networkOfAddress[a]);
            if (peerClass == network)
                continue;
            ref var needed = ref CollectionsMarshal.GetValueRefOrAddDefault(_needed, ((long)peerClass << 32) | (uint)network, out var known);
            if (!known)
                needed = !SameRow(peerClass, network);
            if (needed)
                _builder.AddPeer(addresses[a], peerClass);
        }
    }

    private bool SameRow(int one, int other)
    {
        // Both are made before either is looked at: making a row moves the others.
        _ = _rows.Of(one);
        _ = _rows.Of(other);
        return _rows.Of(one).SequenceEqual(_rows.Of(other));
    }

    /// <summary>The subjects whose connections with themselves are judged otherwise than their own address would be.</summary>
    private List<(int Address, int Profile)> Self(LocalSubjects local, Direction direction)
    {
        var found = new List<(int Address, int Profile)>();
        foreach (var (address, number) in local.Subjects)
        {
            var group = local.Groups[number];
            if (!group.IsIsolated)
                continue;
            var peerClass = _peers.OfAddress[address];
            var self = _groups.Of(_index.Endpoints.KindOf[address], direction, Scope.Self) is { } admin
                ? admin.Profile(admin.Project(peerClass))
                : Default(direction);
            if (self != group.Profile(group.Project(peerClass)))
                found.Add((address, self));
        }
        return found;
    }

    private int Default(Direction direction) => _verdicts.Add(new PortProfile([], Decision(direction)));

    private DecisionId Decision(Direction direction)
    {
        var decision = Model.Rules.Decision.ByDefault(direction);
        _verdicts.Add(decision);
        return decision.Id;
    }
}
