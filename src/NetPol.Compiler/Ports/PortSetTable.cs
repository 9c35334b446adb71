using System.Runtime.InteropServices;
using NetPol.Model.Net;

namespace NetPol.Compiler.Ports;

/// <summary>Numbers sets of ports, and caches the results of set operations. Equal sets have the same number.</summary>
internal sealed class PortSetTable
{
    /// <summary>The number of the set without ports.</summary>
    public const int Nothing = 0;

    /// <summary>The number of the set of every port.</summary>
    public const int Everything = 1;

    private readonly List<PortSet> _sets = [];
    private readonly Dictionary<PortSet, int> _numbers = [];
    private readonly Dictionary<(int, int), int> _and = [];
    private readonly Dictionary<(int, int), int> _or = [];
    private readonly Dictionary<(int, int), int> _except = [];

    public PortSetTable()
    {
        Add(PortSet.Nothing);
        Add(PortSet.Everything);
    }

    public PortSet this[int number] => _sets[number];

    public int Add(PortSet set)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, set, out var known);
        if (known)
            return number;
        _sets.Add(set);
        return number = _sets.Count - 1;
    }

    public int Intersect(int one, int other)
    {
        if (one == other || other == Everything)
            return one;
        if (one == Everything)
            return other;
        if (one == Nothing || other == Nothing)
            return Nothing;
        var key = one < other ? (one, other) : (other, one);
        if (!_and.TryGetValue(key, out var found))
            _and[key] = found = Add(_sets[one].Intersect(_sets[other]));
        return found;
    }

    public int Union(int one, int other)
    {
        if (one == other || other == Nothing)
            return one;
        if (one == Nothing)
            return other;
        if (one == Everything || other == Everything)
            return Everything;
        var key = one < other ? (one, other) : (other, one);
        if (!_or.TryGetValue(key, out var found))
            _or[key] = found = Add(_sets[one].Union(_sets[other]));
        return found;
    }

    public int Except(int one, int other)
    {
        if (one == other || one == Nothing || other == Everything)
            return Nothing;
        if (other == Nothing)
            return one;
        if (!_except.TryGetValue((one, other), out var found))
            _except[(one, other)] = found = Add(_sets[one].Except(_sets[other]));
        return found;
    }
}
