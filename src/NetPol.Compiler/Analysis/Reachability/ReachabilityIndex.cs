using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Reachability;

/// <summary>A cluster arranged for asking what a subject decides about a peer, whatever nodes there are: both by number, and only once for all that are alike.</summary>
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

    /// <param name="snapshot">The cluster, of which only what is enforced counts: no audit, no flow records.</param>
    /// <param name="verdicts">Numbers profiles; worlds that share it can be compared by these numbers.</param>
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

    /// <summary>The ranges that policies tell apart, in order; what lies between them is in no network.</summary>
    public IEnumerable<AddressRange> Networks => _networks.Select(n => n.Range);

    public DirectionTable TableFor(Direction direction) => direction == Direction.Egress ? Egress : Ingress;

    /// <summary>Fills both tables with the numbers of profiles, once all groups and peers are met.</summary>
    public void Evaluate()
    {
        var matchers = new PeerMatcherIndex(_identities, _peers, _index.Matchers.Count);
        Egress.Fill(matchers, (policySet, peer) => policySet.PortPolicyFor(peer), DefaultPortPolicy(Direction.Egress));
        Ingress.Fill(matchers, (policySet, peer) => policySet.PortPolicyFor(peer), DefaultPortPolicy(Direction.Ingress));
    }

    /// <summary>Fills both tables with numbers of another kind.</summary>
    /// <param name="evaluate">The number of what a group decides about a class, of which it looks at everything.</param>
    /// <param name="unevaluated">The number for who is judged by nobody.</param>
    public void Evaluate(Func<Direction, PolicySet, int, int> evaluate, int unevaluated)
    {
        var matchers = new PeerMatcherIndex(_identities, _peers, _index.Matchers.Count);
        Egress.Fill(matchers, (policySet, peer) => evaluate(Direction.Egress, policySet, peer), unevaluated);
        Ingress.Fill(matchers, (policySet, peer) => evaluate(Direction.Ingress, policySet, peer), unevaluated);
    }

    /// <summary>The class of a peer, as far as a group looks at it.</summary>
    public int Project(PolicySet policySet, int peer) => policySet.Project(_peers[peer]);

    /// <summary>The number of an address as a peer: addresses that no rule tells apart have one.</summary>
    public int PeerNumber(IpAddress address) => PeerNumber(_index.Endpoints.ClassAt(address), NetworkOf(address));

    /// <summary>The same for an address that is taken to be no pod's.</summary>
    public int ExternalPeerNumber(IpAddress address) => PeerNumber(EndpointTable.None, NetworkOf(address));

    /// <summary>The group of a pod's address; null when no policy has anything to say, or no node runs the pod.</summary>
    public PolicySet? PolicySetOf(IpAddress address, Direction direction, PeerRelation scope) =>
        NodeOf(address) is null ? null : _policySets.GetOrCreate(_index.Endpoints.ClassAt(address), direction, scope);

    /// <summary>The node that judges an address; null when none does.</summary>
    public string? NodeOf(IpAddress address) => _index.SelectableAt(address).Where(p => p.Node is not null).MinBy(p => p.Id)?.Node;

    /// <summary>The number of the profile with which a group judges a peer; without a group, of "allowed by default".</summary>
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

/// <summary>The one address of a family by which a pod is judged.</summary>
internal static class PodAddresses
{
    /// <summary>Whether policies see the pod, and it has an address of the family.</summary>
    public static bool HasAddress(this Pod pod, IpFamily family) => pod.IsSelectable && pod.Addresses.Any(a => a.Family == family);

    /// <summary>The first of the family.</summary>
    public static IpAddress AddressOf(this Pod pod, IpFamily family) => pod.Addresses.First(a => a.Family == family);
}
