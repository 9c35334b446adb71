using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Reaching;

/// <summary>What each group of subjects decides about each peer in one direction, as numbers. First all groups and peers are met, then <see cref="Judge"/> fills it.</summary>
internal sealed class SideTable
{
    /// <summary>The group of whoever nobody judges.</summary>
    public const int Nobody = 0;

    private readonly List<SubjectGroup?> _groups = [null];
    private readonly Dictionary<SubjectGroup, int> _numbers = [];
    private readonly List<List<(int Peer, int Judgement)>> _byGroup = [];
    private readonly List<List<(int Group, int Judgement)>> _byPeer = [];
    private int[] _rest = [];

    public int GroupCount => _groups.Count;

    public int Add(SubjectGroup? group)
    {
        if (group is null)
            return Nobody;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, group, out var known);
        if (known)
            return number;
        _groups.Add(group);
        return number = _groups.Count - 1;
    }

    /// <param name="traits">The traits of all peers.</param>
    /// <param name="judge">The number of what a group decides about a peer of which it looks at so much.</param>
    /// <param name="unjudged">The number for who is judged by nobody.</param>
    public void Judge(PeerTraits traits, Func<SubjectGroup, int, int> judge, int unjudged)
    {
        _rest = [.. _groups.Select(g => g is null ? unjudged : judge(g, SequenceTrie.Root))];
        for (var peer = 0; peer < traits.PeerCount; peer++)
            _byPeer.Add([]);
        _byGroup.Add([]);
        var lastGroup = new int[traits.PeerCount];
        for (var number = 1; number < _groups.Count; number++)
        {
            var group = _groups[number]!;
            var otherwise = new List<(int Peer, int Judgement)>();
            _byGroup.Add(otherwise);
            foreach (var peer in traits.Begin(group))
            {
                if (lastGroup[peer] == number)
                    continue;
                lastGroup[peer] = number;
                var judgement = judge(group, traits.Project(group, peer));
                if (judgement == _rest[number])
                    continue;
                otherwise.Add((peer, judgement));
                _byPeer[peer].Add((number, judgement));
            }
        }
    }

    /// <summary>Writes what a group decides about each peer; <paramref name="row"/> has room for all peers.</summary>
    public void Row(int group, int[] row)
    {
        Array.Fill(row, _rest[group]);
        foreach (var (peer, judgement) in _byGroup[group])
            row[peer] = judgement;
    }

    /// <summary>Writes what each group decides about a peer; <paramref name="column"/> has room for all groups.</summary>
    public void Column(int peer, int[] column)
    {
        _rest.CopyTo(column, 0);
        foreach (var (group, judgement) in _byPeer[peer])
            column[group] = judgement;
    }
}
