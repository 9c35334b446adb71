using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>Finds, for a peer identity, the policy sets with a policy entry, and their port policies. Reused for each enforcement point.</summary>
internal sealed class CellRows(SequenceTrie classes, TraitUse use)
{
    private readonly Dictionary<int, (int Start, int Length)> _rows = [];
    private readonly List<(int Group, int Profile)> _cells = [];
    private readonly List<int> _traits = [];
    private readonly List<int> _some = [];
    private readonly List<int> _touched = [];
    private SubjectGroup?[] _groups = [];
    private int[] _projected = [];
    private int[] _asked = [];
    private int _question;

    /// <param name="groups">The policy sets by number. Null for a free number.</param>
    public void Begin(SubjectGroup?[] groups)
    {
        _groups = groups;
        _rows.Clear();
        _cells.Clear();
        if (_projected.Length < groups.Length)
            (_projected, _asked) = (new int[groups.Length * 2], new int[groups.Length * 2]);
        Array.Fill(_projected, SequenceTrie.Root);
    }

    /// <summary>The row of an identity, ascending by policy set. Valid until the next call.</summary>
    public ReadOnlySpan<(int Group, int Profile)> Of(int peerClass)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, peerClass, out var known);
        if (!known)
            row = Make(peerClass);
        return CollectionsMarshal.AsSpan(_cells).Slice(row.Start, row.Length);
    }

    /// <summary>Whether an identity has the same policy entries as another one with a subset of its matchers.</summary>
    /// <remarks>Usually the first policy set differs, so this creates no row.</remarks>
    public bool AreSame(int peerClass, int part)
    {
        classes.Read(peerClass, _traits);
        classes.Read(part, _some);
        _question++;
        foreach (var trait in _traits)
        {
            if (_some.Contains(trait))
                continue;
            foreach (var group in use.GroupsOf(trait))
            {
                if (_asked[group] == _question)
                    continue;
                _asked[group] = _question;
                var content = _groups[group]!;
                if (content.Profile(content.Project(_traits)) != content.Profile(content.Project(_some)))
                    return false;
            }
        }
        return true;
    }

    private (int Start, int Length) Make(int peerClass)
    {
        classes.Read(peerClass, _traits);
        foreach (var trait in _traits)
        {
            foreach (var group in use.GroupsOf(trait))
            {
                if (_projected[group] == SequenceTrie.Root)
                    _touched.Add(group);
                _projected[group] = classes.Next(_projected[group], trait);
            }
        }
        _touched.Sort();
        var start = _cells.Count;
        foreach (var group in _touched)
        {
            var profile = _groups[group]!.Profile(_projected[group]);
            if (profile != _groups[group]!.Rest)
                _cells.Add((group, profile));
            _projected[group] = SequenceTrie.Root;
        }
        _touched.Clear();
        return (start, _cells.Count - start);
    }
}
