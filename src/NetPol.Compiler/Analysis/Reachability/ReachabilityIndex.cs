using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Reachability;

/// <summary>A node-independent reachability index: evaluates each distinct pair of policy set and peer once. Both have numbers.</summary>
internal sealed class ReachabilityIndex
{
    private readonly PortPolicyTable _verdicts;
    private readonly ClusterIndex _index = new();
    private readonly SequenceTrie _identities = new();
    private readonly PolicySetCache _policySets;
    private readonly List<(AddressRange Range, int Identity)> _networks;
    private readonly List<int> _peers = [];
    private readonly Dictionary<int, int> _numberOfPeer = [];
    private readonly Dictionary<(int EndpointClass, int Network), int> _peerOf = [];

    /// <param name="snapshot">The cluster. Audited policies and flow record requests are ignored.</param>
    /// <param name="verdicts">Numbers the port policies. The numbers of clusters that share this table are comparable.</param>
    public ReachabilityIndex(ClusterSnapshot snapshot, PortPolicyTable verdicts)
    {
        (Snapshot, _verdicts) = (snapshot, verdicts);
        _index.Apply(ClusterChanges.FromEmptyTo(Enforced(snapshot)));
        _policySets = new(new(_index, _identities, verdicts));
        var partitioner = new CidrPartitioner(_index.Matchers, _identities);
        foreach (var rule in _index.Policies.All.SelectMany(p => p.Ingress.Concat(p.Egress)))
            partitioner.Add(rule);
        _networks = partitioner.Partition(t => _index.RangesByMatcher[t]);
    }

    public ClusterSnapshot Snapshot { get; }

    public DirectionTable Egress { get; } = new();

    public DirectionTable Ingress { get; } = new();

    public int PeerCount => _peers.Count;

    /// <summary>The disjoint address ranges of networks in rules, in order. Addresses between them are in no network.</summary>
    public IEnumerable<AddressRange> Networks => _networks.Select(n => n.Range);

    public DirectionTable TableFor(Direction direction) => direction == Direction.Egress ? Egress : Ingress;

    /// <summary>Fills both tables with the numbers of port policies. All policy sets and peers must have been added before.</summary>
    public void Evaluate()
    {
        var matchers = new PeerMatcherIndex(_identities, _peers, _index.Matchers.Count);
        Egress.Fill(matchers, (policySet, peer) => policySet.PortPolicyFor(peer), DefaultPortPolicy(Direction.Egress));
        Ingress.Fill(matchers, (policySet, peer) => policySet.PortPolicyFor(peer), DefaultPortPolicy(Direction.Ingress));
    }

    /// <summary>Fills both tables with other results.</summary>
    /// <param name="evaluate">Returns the result of a policy set for an identity that is reduced to its matchers.</param>
    /// <param name="unevaluated">The result for endpoints without a policy set.</param>
    public void Evaluate(Func<Direction, PolicySet, int, int> evaluate, int unevaluated)
    {
        var matchers = new PeerMatcherIndex(_identities, _peers, _index.Matchers.Count);
        Egress.Fill(matchers, (policySet, peer) => evaluate(Direction.Egress, policySet, peer), unevaluated);
        Ingress.Fill(matchers, (policySet, peer) => evaluate(Direction.Ingress, policySet, peer), unevaluated);
    }

    /// <summary>Reduces the identity of a peer to the matchers of a policy set.</summary>
    public int Project(PolicySet policySet, int peer) => policySet.Project(_peers[peer]);

    /// <summary>Returns the number of an address as a peer. Addresses that all rules treat alike have the same number.</summary>
    public int PeerNumber(IpAddress address) => PeerNumber(_index.Endpoints.ClassAt(address), NetworkOf(address));

    /// <summary>As <see cref="PeerNumber(IpAddress)"/>, but ignores pods that have the address.</summary>
    public int ExternalPeerNumber(IpAddress address) => PeerNumber(EndpointTable.None, NetworkOf(address));

    /// <summary>Returns the policy set of a pod's address. Null if no policy applies or no node runs the pod.</summary>
    public PolicySet? PolicySetOf(IpAddress address, Direction direction, PeerRelation scope) =>
        NodeOf(address) is null ? null : _policySets.GetOrCreate(_index.SubjectAt(address).EndpointClass, direction, scope);

    /// <summary>Returns the node that evaluates connections of an address. Null if no node runs a subject with the address.</summary>
    public string? NodeOf(IpAddress address) => _index.SubjectsAt(address).Where(p => p.Node is not null).MinBy(p => p.Id)?.Node;

    /// <summary>Returns the addresses at which the pod is a subject. A finished pod is one only where no selectable pod has its address.</summary>
    public IEnumerable<IpAddress> AddressesOf(Pod pod) => pod.Addresses.Where(a => _index.IsSubjectAt(pod, a));

    /// <summary>Returns the first address of the family at which the pod is a subject. Null if there is none.</summary>
    public IpAddress? AddressOf(Pod pod, IpFamily family) => AddressesOf(pod).Where(a => a.Family == family).Select(a => (IpAddress?)a).FirstOrDefault();

    /// <summary>Returns the number of a policy set's port policy for a peer. Without a policy set, the one that allows by default.</summary>
    public int PortPolicyOf(PolicySet? policySet, int peer, Direction direction) => policySet?.PortPolicyFor(policySet.Project(_peers[peer])) ?? DefaultPortPolicy(direction);

    public int DefaultPortPolicy(Direction direction)
    {
        var decision = Decision.ByDefault(direction);
        _verdicts.Add(decision);
        return _verdicts.Add(new PortPolicy([], decision.Id));
    }

    private static ClusterSnapshot Enforced(ClusterSnapshot snapshot) => ClusterSnapshot.Create(
        snapshot.Namespaces.Select(n => n with { Logging = FlowLogging.None }),
        snapshot.Pods,
        snapshot.Nodes,
        snapshot.Policies.Where(p => !p.IsAudited).Select(p => p with { Logging = FlowLogging.None }));

    private int PeerNumber(int endpointClass, int network)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_peerOf, (endpointClass, network), out var known);
        if (!known)
            number = Number(IdentityOf(endpointClass, network));
        return number;
    }

    private int Number(int peerIdentity)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfPeer, peerIdentity, out var known);
        if (known)
            return number;
        _peers.Add(peerIdentity);
        return number = _peers.Count - 1;
    }

    private int NetworkOf(IpAddress address)
    {
        int low = 0, high = _networks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_networks[middle].Range.Contains(address))
                return _networks[middle].Identity;
            if (_networks[middle].Range.Last < address)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return SequenceTrie.Root;
    }

    private int IdentityOf(int endpointClass, int network)
    {
        if (endpointClass == EndpointTable.None)
            return network;
        var (matchers, ports, _) = _index.Endpoints.Classes[endpointClass];
        var found = _identities.Append(_identities.GetOrAdd(matchers), network);
        return _identities.Append(found, _identities.GetOrAdd(_index.NamedPorts.Sets.Read(ports)));
    }
}
