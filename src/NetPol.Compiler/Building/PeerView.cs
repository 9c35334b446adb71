using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>Resolves peers to identities for the policy sets of one enforcement point, and decides which must be listed. Reused for each enforcement point.</summary>
internal sealed class PeerView
{
    /// <summary>An address that is not listed: the identity of its network, or the default, applies.</summary>
    public const int Unlisted = -1;

    private readonly ClusterIndex _index;
    private readonly SequenceTrie _classes;
    private readonly TraitUse _use;
    private readonly PeerClasses _peers;
    private readonly CellRows _rows;
    private readonly Dictionary<(int Kind, int Network), int> _inNetwork = [];
    private (int Round, int Entry)[] _outside = [];
    private SubjectGroup?[] _groups = [];
    private int _round;

    public PeerView(ClusterIndex index, SequenceTrie classes)
    {
        (_index, _classes) = (index, classes);
        _use = new(index.Traits);
        _peers = new(index, classes, _use);
        _rows = new(classes, _use);
    }

    /// <summary>The matchers that any policy set uses, ascending.</summary>
    public List<int> Traits => _use.Used;

    /// <param name="groups">The policy sets by number. Null for a free number.</param>
    public void Begin(SubjectGroup?[] groups)
    {
        _groups = groups;
        _use.Begin(groups);
        _rows.Begin(groups);
        _peers.Begin();
        _inNetwork.Clear();
        _round++;
        if (_outside.Length < _index.Endpoints.Kinds.Count)
            Array.Resize(ref _outside, _index.Endpoints.Kinds.Count * 2);
    }

    /// <summary>Partitions the networks of the policy sets into disjoint ordered ranges with their identities.</summary>
    /// <param name="ownNode">The node, for connections to it: a matcher that covers the node contains every address. Otherwise null.</param>
    public List<(AddressRange Range, int Class)> Networks(LocalNode? ownNode)
    {
        var partitioner = new NetworkPartitioner(_index.Traits, _classes);
        foreach (var group in _groups)
        {
            foreach (var rule in group?.Rules ?? [])
                partitioner.Add(rule);
        }
        return partitioner.Partition(
            t => ownNode is not null && _index.Traits[t].CoversOwnNode(ownNode.Labels) ? AddressRanges.Everything : _index.RangesOfTrait[t]);
    }

    /// <summary>Returns the identity of an address of the endpoint class in a network of the given identity.</summary>
    public int Class(int kind, int network) => _peers.Of(kind, network);

    /// <summary>Returns the policy entries of an identity, ascending by policy set. Valid until the next call.</summary>
    public ReadOnlySpan<(int Group, int Profile)> Row(int peerClass) => _rows.Of(peerClass);

    /// <summary>Whether any policy set has a policy entry for the identity.</summary>
    public bool HasCells(int peerClass) => !_rows.AreSame(peerClass, SequenceTrie.Root);

    /// <summary>Returns the identity under which an address of the endpoint class is listed, or <see cref="Unlisted"/>.</summary>
    public int Entry(int kind, int network)
    {
        if (kind == Endpoints.None)
            return Unlisted;
        if (network == SequenceTrie.Root)
        {
            ref var outside = ref _outside[kind];
            if (outside.Round != _round)
                outside = (_round, FindEntry(kind, network));
            return outside.Entry;
        }
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_inNetwork, (kind, network), out var known);
        return known ? entry : entry = FindEntry(kind, network);
    }

    private int FindEntry(int kind, int network)
    {
        var peerClass = _peers.Of(kind, network);
        return peerClass == network || _rows.AreSame(peerClass, network) ? Unlisted : peerClass;
    }
}
