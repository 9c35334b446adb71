using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetPol.Compiler.Building;

/// <summary>Counts references by number, and tracks which items became used or unused since the last call.</summary>
internal sealed class UseCounts
{
    private readonly Dictionary<int, int> _counts = [];
    private readonly Dictionary<int, bool> _wasUsed = [];

    /// <summary>In no particular order.</summary>
    public IEnumerable<int> Used => _counts.Keys;

    public bool IsUsed(int item) => _counts.ContainsKey(item);

    public void Add(int item)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, item, out var known);
        if (!known)
            _wasUsed.TryAdd(item, false);
        count++;
    }

    /// <exception cref="InvalidOperationException">It is not in use.</exception>
    public void Remove(int item)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, item);
        if (Unsafe.IsNullRef(ref count))
            throw new InvalidOperationException($"{item} is not in use");
        if (--count > 0)
            return;
        _counts.Remove(item);
        _wasUsed.TryAdd(item, true);
    }

    /// <summary>Returns the items that became used and unused since the last call, in no particular order.</summary>
    public (List<int> Begun, List<int> Ended) TakeChanges()
    {
        List<int> begun = [], ended = [];
        foreach (var (item, wasUsed) in _wasUsed)
        {
            if (wasUsed != IsUsed(item))
                (wasUsed ? ended : begun).Add(item);
        }
        _wasUsed.Clear();
        return (begun, ended);
    }
}
