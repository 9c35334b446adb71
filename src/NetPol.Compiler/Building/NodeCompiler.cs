using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Compiles nodes incrementally and shares common results between nodes. Not thread-safe.</summary>
internal sealed class NodeCompiler
{
    private static readonly Comparer<AddressChange> ByAddress = Comparer<AddressChange>.Create((a, b) => a.Address.CompareTo(b.Address));

    private readonly ClusterIndex _index;
    private readonly SequenceTrie _classes = new();
    private readonly VerdictTable _verdicts = new();
    private readonly GroupTable _groups;
    private readonly HookUpdater _updater;

    public NodeCompiler(ClusterIndex index)
    {
        _index = index;
        _groups = new(new(index, _classes, _verdicts));
        _updater = new(index, _classes);
    }

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _classes.Count + _verdicts.Size + _groups.Size;

    /// <summary>Creates the state of a new node.</summary>
    public NodeState Begin(string name) => new(name, _verdicts);

    /// <summary>Invalidates the policy sets of changed subjects. Call it before updating any node.</summary>
    public void Take(IndexChanges changes)
    {
        foreach (var kind in changes.Kinds)
            _groups.Forget(kind);
    }

    /// <summary>Returns the delta of a node for a change of the cluster.</summary>
    /// <param name="state">The state of the node. It is updated.</param>
    /// <param name="changes">The change.</param>
    /// <param name="isOther">Whether the node, its own pods or their policies may have changed.</param>
    /// <param name="known">The change of ready pods in the node's pod networks, if these are unchanged.</param>
    /// <param name="seen">Returns the changed addresses that an enforcement point can notice, ascending.</param>
    public NodeRuleSetDelta Update(NodeState state, IndexChanges changes, bool isOther, Change<IpAddress> known, Func<HookState, List<AddressChange>> seen)
    {
        var (before, after) = (state.Node, isOther ? _index.Node(state.Node.Name) : state.Node);
        state.Node = after;
        if (before.PodNetworks != after.PodNetworks)
            known = KnownPods(before.PodNetworks, after.PodNetworks, changes.Addresses);
        var pods = isOther ? Pods(before, after, changes) : [];
        HookRulesDelta egress = Update(state.Egress), ingress = Update(state.Ingress), toNode = Update(state.EgressToNode);
        var (profiles, decisions) = state.Profiles.TakeChanges();
        var allNodes = AllNodeAddresses(state, changes.NodeAddresses);
        var itself = NodeRuleSetDelta.Between(Itself(before), Itself(after));
        return itself with
        {
            AllNodeAddresses = allNodes,
            KnownPods = known,
            Profiles = profiles,
            Decisions = decisions,
            Egress = egress,
            Ingress = ingress,
            EgressToNode = toNode,
        };

        HookRulesDelta Update(HookState hook)
        {
            var ranges = hook.Traits.Any(changes.Ranges.Contains) || (hook.Scope == Scope.OwnNode && hook.Traits.Any(CoversOtherwise));
            var change = new HookChange(Subjects(hook, pods, ranges), seen(hook), changes.Addresses, ranges);
            return change.Subjects.Count == 0 && change.Seen.Count == 0 && !ranges
                ? HookRulesDelta.Empty
                : _updater.Update(hook, state.Profiles, change, (subject, peerClass) => Self(subject, hook.Direction, peerClass), Default(hook.Direction));
        }

        bool CoversOtherwise(int trait) => _index.Traits[trait].CoversOwnNode(before.Labels) != _index.Traits[trait].CoversOwnNode(after.Labels);
    }

    private static NodeRuleSet Itself(LocalNode node) => new() { Node = node.Name, NodeAddresses = node.Addresses, PodNetworks = node.PodNetworks, GrantedSources = node.GrantedSources };

    /// <summary>A new node gets every address, a removed node loses every address, and any other node gets the change.</summary>
    private Change<IpAddress> AllNodeAddresses(NodeState state, Change<IpAddress> changed)
    {
        var (before, after) = (state.AllNodeAddresses, _index.Names(state.Node.Name) ? _index.NodeAddresses : []);
        state.AllNodeAddresses = after;
        return before.IsEmpty || after.IsEmpty ? new(before, after) : changed;
    }

    private static bool IsIn(List<AddressChange> changes, IpAddress address) => changes.BinarySearch(new(address, 0, 0), ByAddress) >= 0;

    /// <summary>Returns every subject address that the node ran or runs, with its endpoint class and whether it changed.</summary>
    private List<(IpAddress Address, int Kind, bool IsFinished, bool IsOther)> Pods(LocalNode before, LocalNode after, IndexChanges changes)
    {
        var runs = after.Subjects.ToHashSet();
        return [.. before.Subjects.Union(after.Subjects).Select(a =>
        {
            var (kind, isFinished) = runs.Contains(a) ? _index.SubjectAt(a) : (Endpoints.None, false);
            return (a, kind, isFinished, IsIn(changes.Addresses, a) || IsIn(changes.Finished, a));
        })];
    }

    private List<SubjectMove> Subjects(HookState hook, List<(IpAddress Address, int Kind, bool IsFinished, bool IsOther)> pods, bool all)
    {
        var moves = new List<SubjectMove>();
        foreach (var (address, kind, isFinished, isOther) in pods)
        {
            var group = kind == Endpoints.None ? null : _groups.Of(kind, hook.Direction, hook.Scope);
            if (isOther || group != hook.Subjects.GroupAt(address))
                moves.Add(new(address, kind, isFinished, group));
        }
        if (!all)
            return moves;
        var known = moves.Select(m => m.Address).ToHashSet();
        foreach (var address in hook.Subjects.Addresses.Where(a => !known.Contains(a)))
        {
            var (kind, isFinished) = _index.SubjectAt(address);
            moves.Add(new(address, kind, isFinished, hook.Subjects.GroupAt(address)));
        }
        return moves;
    }

    /// <summary>Pods on any node count: some networks lend addresses to other nodes.</summary>
    private Change<IpAddress> KnownPods(ValueArray<Cidr> before, ValueArray<Cidr> after, List<AddressChange> changes)
    {
        var (then, now) = (KnownIn(before), KnownIn(after));
        if (!before.IsEmpty)
        {
            then.ExceptWith(changes.Where(c => c.Before == Endpoints.None).Select(c => c.Address));
            then.UnionWith(changes.Where(c => c.After == Endpoints.None && before.Any(n => n.Contains(c.Address))).Select(c => c.Address));
        }
        return new(then.Except(now).Order().ToValueArray(), now.Except(then).Order().ToValueArray());
    }

    private HashSet<IpAddress> KnownIn(ValueArray<Cidr> networks)
    {
        var known = new HashSet<IpAddress>();
        var addresses = _index.Endpoints.Addresses;
        foreach (var network in networks)
        {
            var found = addresses.BinarySearch(network.Network);
            for (var a = found < 0 ? ~found : found; a < addresses.Length && addresses[a] <= network.Last; a++)
                known.Add(addresses[a]);
        }
        return known;
    }

    /// <summary>Returns the port policy of a subject for itself. Null if it equals the one for its own address as a peer.</summary>
    private int? Self(SubjectMove subject, Direction direction, int peerClass)
    {
        var self = _groups.Of(subject.Kind, direction, Scope.Self) is { } admin ? admin.Profile(admin.Project(peerClass)) : Default(direction);
        return self == subject.Group!.Profile(subject.Group.Project(peerClass)) ? null : self;
    }

    private int Default(Direction direction)
    {
        var decision = Decision.ByDefault(direction);
        _verdicts.Add(decision);
        return _verdicts.Add(new PortProfile([], decision.Id));
    }
}
