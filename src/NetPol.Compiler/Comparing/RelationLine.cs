using NetPol.Model;

namespace NetPol.Compiler.Comparing;

/// <summary>All partners of one group in a relation, as runs of places, and how the sides decide with them. Partners must come in ascending order.</summary>
internal sealed class RelationLine
{
    private readonly List<int> _runs = [];
    private readonly HashSet<int> _sides = [];
    private JudgedPair _last;

    /// <summary>First and last place of each run.</summary>
    public ValueArray<int> Runs => _runs.ToValueArray();

    /// <summary>Numbers of how a side decides.</summary>
    public IReadOnlyCollection<int> Sides => _sides;

    public void Add(int partner, JudgedPair pair)
    {
        if (_runs.Count > 0 && _runs[^1] >= partner - 1)
            _runs[^1] = partner;
        else
            _runs.AddRange([partner, partner]);
        if (pair == _last)
            return;
        _last = pair;
        _sides.Add(pair.Egress);
        _sides.Add(pair.Ingress);
    }
}
