using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>What peers are to the groups of one hook: their classes, and where they must be listed. Reused from hook to hook.</summary>
internal sealed class PeerView
{
    /// <summary>The entry of an address that is not listed: what its network says, or the rest, is right for it.</summary>
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

    /// <summary>The traits that any group looks at, ascending.</summary>
    public List<int> Traits => _use.Used;

    /// <param name="groups">By number; null where a number is free.</param>
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

    /// <summary>The networks that the groups look at: disjoint ranges in order and their classes.</summary>
    /// <param name="ownNode">The node, where the hook is that of connections to it: a trait that covers it holds every address there. Else null.</param>
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

    /// <summary>The class of an address of the kind in a network of the class.</summary>
    public int Class(int kind, int network) => _peers.Of(kind, network);

    /// <summary>For a class, the groups that judge it otherwise than their rest, ascending, and how. Valid until the next call.</summary>
    public ReadOnlySpan<(int Group, int Profile)> Row(int peerClass) => _rows.Of(peerClass);

    /// <summary>Whether any group judges a class otherwise than its rest.</summary>
    public bool HasCells(int peerClass) => !_rows.AreSame(peerClass, SequenceTrie.Root);

    /// <summary>The class under which an address of the kind is listed, in a network of the class; or <see cref="Unlisted"/>.</summary>
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
