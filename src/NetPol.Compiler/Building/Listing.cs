using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Building;

/// <summary>Collects what leaves a list and what comes into it, in any order.</summary>
internal sealed class Listing<T>
    where T : notnull
{
    private readonly List<T> _removed = [], _added = [];

    public void Remove(T item) => _removed.Add(item);

    public void Add(T item) => _added.Add(item);

    /// <summary>The change in the order of the list, without what left and came again; begins anew.</summary>
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
