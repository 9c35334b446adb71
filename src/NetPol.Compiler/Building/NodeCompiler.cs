using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Compiles nodes one after another; what nodes have in common is worked out once. Not for concurrent use.</summary>
internal sealed class NodeCompiler
{
    private readonly SnapshotIndex _index;
    private readonly SequenceTrie _classes = new();
    private readonly VerdictTable _verdicts = new();
    private readonly GroupTable _groups;
    private readonly TraitUse _use;
    private readonly PeerClasses _peers;
    private readonly CellRows _rows;
    private readonly HookBuilder _builder;
    private readonly HookUpdater _updater;
    private readonly Dictionary<long, bool> _needed = [];

    public NodeCompiler(SnapshotIndex index)
    {
        _index = index;
        _groups = new(new(index, _classes, _verdicts));
        _use = new(index.Traits);
        _peers = new(index, _classes, _use);
        _rows = new(_classes, _use);
        var ids = new ClassIds(index.Traits, _classes);
        _builder = new(ids, _rows);
        _updater = new(_peers, ids, _rows);
    }

    /// <summary>How much is remembered, in no particular unit: it grows with what was ever met.</summary>
    public int Size => _classes.Count + _verdicts.Size;

    public NodeRuleSet Compile(LocalNode node) => Compile(node, out _);

    /// <param name="node">The node.</param>
    /// <param name="state">What <see cref="Update"/> needs.</param>
    public NodeRuleSet Compile(LocalNode node, out NodeState state)
    {
        state = new(node, _verdicts);
        var egress = Others(state, Direction.Egress);
        var ingress = Others(state, Direction.Ingress);
        var toNode = ToOwnNode(state);
        var (profiles, decisions) = state.Profiles.TakeChanges();
        return new()
        {
            Node = node.Name,
            NodeAddresses = node.Addresses,
            PodNetworks = node.PodNetworks,
            KnownPods = node.PodNetworks.SelectMany(KnownIn).ToValueArray(),
            Decisions = decisions.Added,
            Profiles = profiles.Added,
            Egress = egress,
            Ingress = ingress,
            EgressToNode = toNode,
        };
    }

    /// <summary>What changed peers change on a node whose own pods stay as they are.</summary>
    /// <param name="state">The node; it takes the change in.</param>
    /// <param name="knownPods">What leaves and what comes in the node's networks.</param>
    /// <param name="changes">For each hook that looks at any of the changed addresses, those.</param>
    public NodeRuleSetDelta Update(NodeState state, Change<IpAddress> knownPods, IEnumerable<(HookState Hook, List<AddressChange> Addresses)> changes)
    {
        HookRulesDelta egress = HookRulesDelta.Empty, ingress = HookRulesDelta.Empty;
        foreach (var (hook, addresses) in changes)
        {
            Begin(hook.Local);
            _peers.Begin();
            var delta = _updater.Update(hook, state.Profiles, addresses, Default(hook.Direction));
            if (hook.Direction == Direction.Egress)
                egress = delta;
            else
                ingress = delta;
        }
        var (profiles, decisions) = state.Profiles.TakeChanges();
        return new() { Node = state.Node.Name, KnownPods = knownPods, Profiles = profiles, Decisions = decisions, Egress = egress, Ingress = ingress };
    }

    /// <summary>Wherever the pods run: some networks lend addresses to other nodes, and a pod that is known needs no holding.</summary>
    private IEnumerable<IpAddress> KnownIn(Cidr network)
    {
        var addresses = _index.Endpoints.Addresses;
        var found = addresses.BinarySearch(network.Network);
        for (var a = found < 0 ? ~found : found; a < addresses.Count && addresses[a] <= network.Last; a++)
            yield return addresses[a];
    }

    /// <summary>The hooks Egress and Ingress: pods and networks are peers.</summary>
    private HookRules Others(NodeState state, Direction direction)
    {
        var local = Subjects(state.Node, direction, Scope.Others);
        if (local.Count == 0)
            return HookRules.Empty;
        _peers.Assign();
        var hook = new HookState(state, local, direction, _peers.Networks);
        state.Hooks.Add(hook);
        AddNetworks(hook);
        AddPods(hook);
        return _builder.Build(hook, state.Profiles, Self(local, direction), Default(direction));
    }

    /// <summary>
    /// The hook EgressToNode: networks are peers, and not only the node's own addresses, since a node has more than its status lists (such
    /// as its end of a pod's link).
    /// </summary>
    private HookRules ToOwnNode(NodeState state)
    {
        var local = Subjects(state.Node, Direction.Egress, Scope.OwnNode);
        if (local.Count == 0)
            return HookRules.Empty;
        var hook = new HookState(state, local, Direction.Egress, NetworkSweep.Cut(_peers.UsedNetworks, _index.RangesOfTrait, _classes));
        AddNetworks(hook);
        return _builder.Build(hook, state.Profiles, [], Default(Direction.Egress));
    }

    private void AddNetworks(HookState hook)
    {
        foreach (var (range, peerClass) in hook.Networks)
        {
            if (_rows.Of(peerClass).Length > 0)
                _builder.AddNetwork(hook, range, peerClass);
        }
    }

    private LocalSubjects Subjects(LocalNode node, Direction direction, Scope scope)
    {
        var local = new LocalSubjects(node.Pods, _index.Endpoints, _groups, direction, scope);
        Begin(local);
        return local;
    }

    private void Begin(LocalSubjects local)
    {
        _use.Begin(local.Groups);
        _rows.Begin(local.Groups);
    }

    /// <summary>An address needs an entry only where the interval that holds it, if any, would judge it otherwise.</summary>
    private void AddPods(HookState hook)
    {
        _needed.Clear();
        var addresses = CollectionsMarshal.AsSpan(_index.Endpoints.Addresses);
        var ofAddress = _peers.OfAddress;
        var networkOfAddress = _peers.NetworkOfAddress;
        for (var a = 0; a < addresses.Length; a++)
        {
            var (peerClass, network) = (ofAddress[a], networkOfAddress[a]);
            if (peerClass == network)
                continue;
            ref var needed = ref CollectionsMarshal.GetValueRefOrAddDefault(_needed, ((long)peerClass << 32) | (uint)network, out var known);
            if (!known)
                needed = !_rows.AreSame(peerClass, network);
            if (needed)
                _builder.AddPeer(hook, addresses[a], peerClass);
        }
    }

    /// <summary>The subjects whose connections with themselves are judged otherwise than their own address would be.</summary>
    private List<(int Subject, int Profile)> Self(LocalSubjects local, Direction direction)
    {
        var found = new List<(int Subject, int Profile)>();
        var endpoints = _index.Endpoints;
        for (var subject = 0; subject < local.Count; subject++)
        {
            var group = local.Groups[local.GroupOf(subject)];
            if (!group.IsIsolated)
                continue;
            var address = endpoints.Addresses.BinarySearch(local.Address(subject));
            var peerClass = _peers.OfAddress[address];
            var self = _groups.Of(endpoints.KindOf[address], direction, Scope.Self) is { } admin
                ? admin.Profile(admin.Project(peerClass))
                : Default(direction);
            if (self != group.Profile(group.Project(peerClass)))
                found.Add((subject, self));
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
