using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Reaching;

/// <summary>The traits of all peers; made for going through groups one after the other.</summary>
internal sealed class PeerTraits
{
    private readonly SequenceTrie _classes;
    private readonly int[][] _traits;
    private readonly List<int>[] _having;
    private readonly SubjectGroup?[] _lookedAtBy;

    /// <param name="classes">The sets of traits.</param>
    /// <param name="peers">The class of each peer.</param>
    /// <param name="traits">How many traits there are.</param>
    public PeerTraits(SequenceTrie classes, List<int> peers, int traits)
    {
        _classes = classes;
        _traits = [.. peers.Select(classes.Read)];
        _lookedAtBy = new SubjectGroup?[traits];
        _having = new List<int>[traits];
        for (var trait = 0; trait < traits; trait++)
            _having[trait] = [];
        for (var peer = 0; peer < _traits.Length; peer++)
        {
            foreach (var trait in _traits[peer])
                _having[trait].Add(peer);
        }
    }

    public int PeerCount => _traits.Length;

    /// <summary>The peers that have any of a group's traits; some of them several times.</summary>
    public IEnumerable<int> Begin(SubjectGroup group)
    {
        foreach (var trait in group.Traits)
            _lookedAtBy[trait] = group;
        return group.Traits.SelectMany(t => _having[t]);
    }

    /// <summary>What of a peer the group that was begun last looks at.</summary>
    public int Project(SubjectGroup group, int peer)
    {
        var state = SequenceTrie.Root;
        foreach (var trait in _traits[peer])
        {
            if (_lookedAtBy[trait] == group)
                state = _classes.Next(state, trait);
        }
        return state;
    }
}
