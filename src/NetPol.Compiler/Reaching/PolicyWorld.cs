using System.Runtime.InteropServices;
using NetPol.Compiler.Building;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Reaching;

/// <summary>A cluster arranged for asking what a subject decides about a peer, whatever nodes there are: both by number, and only once for all that are alike.</summary>
internal sealed class PolicyWorld
{
    private readonly VerdictTable _verdicts;
    private readonly ClusterIndex _index = new();
    private readonly SequenceTrie _classes = new();
    private readonly GroupTable _groups;
    private readonly List<(AddressRange Range, int Class)> _networks;
    private readonly List<int> _peers = [];
    private readonly Dictionary<int, int> _numberOfPeer = [];
    private readonly Dictionary<(int Kind, int Network), int> _peerOf = [];

    /// <param name="snapshot">The cluster, of which only what is enforced counts: no audit, no flow records.</param>
    /// <param name="verdicts">Numbers profiles; worlds that share it can be compared by these numbers.</param>
    public PolicyWorld(ClusterSnapshot snapshot, VerdictTable verdicts)
    {
        (Snapshot, _verdicts) = (snapshot, verdicts);
        _index.Apply(ClusterChanges.ToGetTo(Enforced(snapshot)));
        _groups = new(new(_index, _classes, verdicts));
        var partitioner = new NetworkPartitioner(_index.Traits, _classes);
        foreach (var rule in _index.Policies.All.SelectMany(p => p.Ingress.Concat(p.Egress)))
            partitioner.Add(rule);
        _networks = partitioner.Partition(t => _index.RangesOfTrait[t]);
    }

    public ClusterSnapshot Snapshot { get; }

    public SideTable Egress { get; } = new();

    public SideTable Ingress { get; } = new();

    public int PeerCount => _peers.Count;

    /// <summary>The ranges that policies tell apart, in order; what lies between them is in no network.</summary>
    public IEnumerable<AddressRange> Networks => _networks.Select(n => n.Range);

    public SideTable Side(Direction direction) => direction == Direction.Egress ? Egress : Ingress;

    /// <summary>Fills both tables with the numbers of profiles, once all groups and peers are met.</summary>
    public void Judge()
    {
        var traits = new PeerTraits(_classes, _peers, _index.Traits.Count);
        Egress.Judge(traits, (group, peer) => group.Profile(peer), Default(Direction.Egress));
        Ingress.Judge(traits, (group, peer) => group.Profile(peer), Default(Direction.Ingress));
    }

    /// <summary>Fills both tables with numbers of another kind.</summary>
    /// <param name="judge">The number of what a group decides about a class, of which it looks at everything.</param>
    /// <param name="unjudged">The number for who is judged by nobody.</param>
    public void Judge(Func<Direction, SubjectGroup, int, int> judge, int unjudged)
    {
        var traits = new PeerTraits(_classes, _peers, _index.Traits.Count);
        Egress.Judge(traits, (group, peer) => judge(Direction.Egress, group, peer), unjudged);
        Ingress.Judge(traits, (group, peer) => judge(Direction.Ingress, group, peer), unjudged);
    }

    /// <summary>The class of a peer, as far as a group looks at it.</summary>
    public int Project(SubjectGroup group, int peer) => group.Project(_peers[peer]);

    /// <summary>The number of an address as a peer: addresses that no rule tells apart have one.</summary>
    public int Peer(IpAddress address) => Peer(_index.Endpoints.KindAt(address), NetworkOf(address));

    /// <summary>The same for an address that is taken to be no pod's.</summary>
    public int PeerOutside(IpAddress address) => Peer(Endpoints.None, NetworkOf(address));

    /// <summary>The group of a pod's address; null when no policy has anything to say, or no node runs the pod.</summary>
    public SubjectGroup? Subject(IpAddress address, Direction direction, Scope scope) =>
        NodeOf(address) is null ? null : _groups.Of(_index.Endpoints.KindAt(address), direction, scope);

    /// <summary>The node that judges an address; null when none does.</summary>
    public string? NodeOf(IpAddress address) => _index.SelectableAt(address).Where(p => p.Node is not null).MinBy(p => p.Id)?.Node;

    /// <summary>The number of the profile with which a group judges a peer; without a group, of "allowed by default".</summary>
    public int Profile(SubjectGroup? group, int peer, Direction direction) => group?.Profile(group.Project(_peers[peer])) ?? Default(direction);

    public int Default(Direction direction)
    {
        var decision = Decision.ByDefault(direction);
        _verdicts.Add(decision);
        return _verdicts.Add(new PortProfile([], decision.Id));
    }

    private static ClusterSnapshot Enforced(ClusterSnapshot snapshot) => ClusterSnapshot.Create(
        snapshot.Namespaces.Select(n => n with { Logging = FlowLogging.None }),
        snapshot.Pods,
        snapshot.Nodes,
        snapshot.Policies.Where(p => !p.IsAudited).Select(p => p with { Logging = FlowLogging.None }));

    private int Peer(int kind, int network)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_peerOf, (kind, network), out var known);
        if (!known)
            number = Number(ClassOf(kind, network));
        return number;
    }

    private int Number(int peerClass)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOfPeer, peerClass, out var known);
        if (known)
            return number;
        _peers.Add(peerClass);
        return number = _peers.Count - 1;
    }

    private int NetworkOf(IpAddress address)
    {
        int low = 0, high = _networks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_networks[middle].Range.Contains(address))
                return _networks[middle].Class;
            if (_networks[middle].Range.Last < address)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return SequenceTrie.Root;
    }

    private int ClassOf(int kind, int network)
    {
        if (kind == Endpoints.None)
            return network;
        var (traits, ports, _) = _index.Endpoints.Kinds[kind];
        var found = _classes.Append(_classes.Of(traits), network);
        return _classes.Append(found, _classes.Of(_index.Ports.Sets.Read(ports)));
    }
}
