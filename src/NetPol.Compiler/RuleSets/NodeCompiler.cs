using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.RuleSets;

/// <summary>Compiles nodes incrementally and shares common results between nodes. Not thread-safe.</summary>
internal sealed class NodeCompiler
{
    private static readonly Comparer<AddressChange> ByAddress = Comparer<AddressChange>.Create((a, b) => a.Address.CompareTo(b.Address));

    private readonly ClusterIndex _index;
    private readonly SequenceTrie _identities = new();
    private readonly PortPolicyTable _verdicts = new();
    private readonly PolicySetCache _policySets;
    private readonly RuleDeltaBuilder _builder;

    public NodeCompiler(ClusterIndex index)
    {
        _index = index;
        _policySets = new(new(index, _identities, _verdicts));
        _builder = new(index, _identities);
    }

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _identities.Count + _verdicts.Size + _policySets.Size;

    /// <summary>Creates the state of a new node.</summary>
    public NodeCompilerState CreateState(string name) => new(name, _verdicts);

    /// <summary>Invalidates the policy sets of changed subjects. Call it before updating any node.</summary>
    public void InvalidatePolicySets(IndexChanges changes)
    {
        foreach (var endpointClass in changes.EndpointClasses)
            _policySets.Invalidate(endpointClass);
    }

    /// <summary>Returns the delta of a node for a change of the cluster.</summary>
    /// <param name="state">The state of the node. It is updated.</param>
    /// <param name="changes">The change.</param>
    /// <param name="isOther">Whether the node, its own pods or their policies may have changed.</param>
    /// <param name="known">The change of ready pods in the node's pod networks, if these are unchanged.</param>
    /// <param name="seen">Returns the changed addresses that an enforcement point can notice, ascending.</param>
    public NodeRuleSetDelta Update(NodeCompilerState state, IndexChanges changes, bool isOther, ListChange<IpAddress> known, Func<RuleDeltaState, List<AddressChange>> seen)
    {
        var (before, after) = (state.Node, isOther ? _index.GetNode(state.Node.Name) : state.Node);
        state.Node = after;
        if (before.PodCidrs != after.PodCidrs)
            known = ReadyPodChanges(before.PodCidrs, after.PodCidrs, changes.Addresses);
        var pods = isOther ? FindSubjects(before, after, changes) : [];
        EnforcementRulesDelta egress = Update(state.PodEgress), ingress = Update(state.PodIngress), toNode = Update(state.PodToHost);
        var (portPolicies, decisions) = state.PortPolicyRefs.TakeChanges();
        var allNodes = AllNodeAddresses(state, changes.NodeAddresses);
        var nodeDelta = NodeRuleSetDelta.Between(NodeEntries(before), NodeEntries(after));
        return nodeDelta with
        {
            AllNodeAddresses = allNodes,
            ReadyPods = known,
            PortPolicies = portPolicies,
            Decisions = decisions,
            PodEgress = egress,
            PodIngress = ingress,
            PodToHost = toNode,
        };

        EnforcementRulesDelta Update(RuleDeltaState point)
        {
            var ranges = point.Matchers.Any(changes.Ranges.Contains) || (point.PeerRelation == PeerRelation.OwnNode && point.Matchers.Any(CoverageChanged));
            var change = new RuleDeltaInput(FindMoves(point, pods, ranges), seen(point), changes.Addresses, ranges);
            return change.Subjects.Count == 0 && change.VisibleChanges.Count == 0 && !ranges
                ? EnforcementRulesDelta.Empty
                : _builder.Update(point, state.PortPolicyRefs, change, (subject, peerIdentity) => SelfPortPolicy(subject, point.Direction, peerIdentity), DefaultPortPolicy(point.Direction));
        }

        bool CoverageChanged(int matcher) => _index.Matchers[matcher].MatchesOwnNode(before.Labels) != _index.Matchers[matcher].MatchesOwnNode(after.Labels);
    }

    private static NodeRuleSet NodeEntries(LocalNode node) => new() { Node = node.Name, NodeAddresses = node.Addresses, PodCidrs = node.PodCidrs, GrantedSources = node.GrantedSources };

    /// <summary>A new node gets every address, a removed node loses every address, and any other node gets the change.</summary>
    private ListChange<IpAddress> AllNodeAddresses(NodeCompilerState state, ListChange<IpAddress> changed)
    {
        var (before, after) = (state.AllNodeAddresses, _index.IsKnownNode(state.Node.Name) ? _index.NodeAddresses : []);
        state.AllNodeAddresses = after;
        return before.IsEmpty || after.IsEmpty ? new(before, after) : changed;
    }

    private static bool ContainsAddress(List<AddressChange> changes, IpAddress address) => changes.BinarySearch(new(address, 0, 0), ByAddress) >= 0;

    /// <summary>Returns every subject address that the node ran or runs, with its endpoint class and whether it changed.</summary>
    private List<(IpAddress Address, int EndpointClass, bool IsFinished, bool IsOther)> FindSubjects(LocalNode before, LocalNode after, IndexChanges changes)
    {
        var runs = after.Subjects.ToHashSet();
        return [.. before.Subjects.Union(after.Subjects).Select(a =>
        {
            var (endpointClass, isFinished) = runs.Contains(a) ? _index.SubjectAt(a) : (EndpointTable.None, false);
            return (a, endpointClass, isFinished, ContainsAddress(changes.Addresses, a) || ContainsAddress(changes.FinishedAddresses, a));
        })];
    }

    private List<SubjectMove> FindMoves(RuleDeltaState point, List<(IpAddress Address, int EndpointClass, bool IsFinished, bool IsOther)> pods, bool all)
    {
        var moves = new List<SubjectMove>();
        foreach (var (address, endpointClass, isFinished, isOther) in pods)
        {
            var policySet = endpointClass == EndpointTable.None ? null : _policySets.GetOrCreate(endpointClass, point.Direction, point.PeerRelation);
            if (isOther || policySet != point.Subjects.PolicySetAt(address))
                moves.Add(new(address, endpointClass, isFinished, policySet));
        }
        if (!all)
            return moves;
        var known = moves.Select(m => m.Address).ToHashSet();
        foreach (var address in point.Subjects.Addresses.Where(a => !known.Contains(a)))
        {
            var (endpointClass, isFinished) = _index.SubjectAt(address);
            moves.Add(new(address, endpointClass, isFinished, point.Subjects.PolicySetAt(address)));
        }
        return moves;
    }

    /// <summary>Pods on any node count: some networks lend addresses to other nodes.</summary>
    private ListChange<IpAddress> ReadyPodChanges(ValueArray<Cidr> before, ValueArray<Cidr> after, List<AddressChange> changes)
    {
        var (then, now) = (ReadyPodsIn(before), ReadyPodsIn(after));
        if (!before.IsEmpty)
        {
            then.ExceptWith(changes.Where(c => c.OldClass == EndpointTable.None).Select(c => c.Address));
            then.UnionWith(changes.Where(c => c.NewClass == EndpointTable.None && before.Any(n => n.Contains(c.Address))).Select(c => c.Address));
        }
        return new(then.Except(now).Order().ToValueArray(), now.Except(then).Order().ToValueArray());
    }

    private HashSet<IpAddress> ReadyPodsIn(ValueArray<Cidr> networks)
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
    private int? SelfPortPolicy(SubjectMove subject, Direction direction, int peerIdentity)
    {
        var self = _policySets.GetOrCreate(subject.EndpointClass, direction, PeerRelation.Self) is { } admin ? admin.PortPolicyFor(admin.Project(peerIdentity)) : DefaultPortPolicy(direction);
        return self == subject.PolicySet!.PortPolicyFor(subject.PolicySet.Project(peerIdentity)) ? null : self;
    }

    private int DefaultPortPolicy(Direction direction)
    {
        var decision = Decision.ByDefault(direction);
        _verdicts.Add(decision);
        return _verdicts.Add(new PortPolicy([], decision.Id));
    }
}

/// <summary>The state of a compiled node that the next delta is computed from. Initially empty.</summary>
internal sealed class NodeCompilerState
{
    public NodeCompilerState(string name, PortPolicyTable verdicts)
    {
        Node = new(name, [], [], [], null);
        PortPolicyRefs = new(verdicts);
        PodEgress = new(this, Direction.Egress, PeerRelation.Other);
        PodIngress = new(this, Direction.Ingress, PeerRelation.Other);
        PodToHost = new(this, Direction.Egress, PeerRelation.OwnNode);
    }

    public LocalNode Node { get; set; }

    /// <summary>The addresses of all nodes. Empty for an unknown node.</summary>
    public ValueArray<IpAddress> AllNodeAddresses { get; set; } = [];

    public PortPolicyRefs PortPolicyRefs { get; }

    public RuleDeltaState PodEgress { get; }

    public RuleDeltaState PodIngress { get; }

    public RuleDeltaState PodToHost { get; }

    public IEnumerable<RuleDeltaState> EnforcementPoints => [PodEgress, PodIngress, PodToHost];
}
