using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Reaching;

/// <summary>What each group of subjects decides about each peer in one direction, as numbers of profiles. First all groups and peers are met, then <see cref="Judge"/> fills it.</summary>
internal sealed class SideTable(PolicyWorld world, Direction direction)
{
    /// <summary>The group of whoever nobody judges.</summary>
    public const int Nobody = 0;

    private readonly List<SubjectGroup?> _groups = [null];
    private readonly Dictionary<SubjectGroup, int> _numbers = [];
    private readonly List<List<(int Peer, int Profile)>> _byGroup = [];
    private readonly List<List<(int Group, int Profile)>> _byPeer = [];
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

    public void Judge(PeerTraits traits)
    {
        _rest = [.. _groups.Select(g => g?.Rest ?? world.Default(direction))];
        for (var peer = 0; peer < world.PeerCount; peer++)
            _byPeer.Add([]);
        _byGroup.Add([]);
        var lastGroup = new int[world.PeerCount];
        for (var number = 1; number < _groups.Count; number++)
        {
            var group = _groups[number]!;
            var otherwise = new List<(int Peer, int Profile)>();
            _byGroup.Add(otherwise);
            foreach (var peer in traits.Begin(group))
            {
                if (lastGroup[peer] == number)
                    continue;
                lastGroup[peer] = number;
                var profile = traits.Profile(group, peer);
                if (profile == _rest[number])
                    continue;
                otherwise.Add((peer, profile));
                _byPeer[peer].Add((number, profile));
            }
        }
    }

    /// <summary>Writes what a group decides about each peer; <paramref name="row"/> has room for all peers.</summary>
    public void Row(int group, int[] row)
    {
        Array.Fill(row, _rest[group]);
        foreach (var (peer, profile) in _byGroup[group])
            row[peer] = profile;
    }

    /// <summary>Writes what each group decides about a peer; <paramref name="column"/> has room for all groups.</summary>
    public void Column(int peer, int[] column)
    {
        _rest.CopyTo(column, 0);
        foreach (var (group, profile) in _byPeer[peer])
            column[group] = profile;
    }
}
