using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Collects removed and added entries of a list, in any order.</summary>
internal sealed class Listing<T>
    where T : notnull
{
    private readonly List<T> _removed = [], _added = [];

    public void Remove(T item) => _removed.Add(item);

    public void Add(T item) => _added.Add(item);

    /// <summary>Returns the sorted change without entries that were both removed and added, and resets.</summary>
    public Change<T> Take<TKey>(Func<T, TKey> key)
        where TKey : IComparable<TKey>
    {
        if (_removed.Count > 0 && _added.Count > 0)
        {
            var back = _removed.ToHashSet();
            back.IntersectWith(_added);
            _removed.RemoveAll(back.Contains);
            _added.RemoveAll(back.Contains);
        }
        return new(Sorted(_removed, key), Sorted(_added, key));
    }

    private static ValueArray<T> Sorted<TKey>(List<T> items, Func<T, TKey> key)
        where TKey : IComparable<TKey>
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (key(items[i - 1]).CompareTo(key(items[i])) <= 0)
                continue;
            items.Sort((a, b) => key(a).CompareTo(key(b)));
            break;
        }
        var sorted = items.ToValueArray();
        items.Clear();
        return sorted;
    }
}
