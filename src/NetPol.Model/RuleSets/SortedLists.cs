using System.Diagnostics.CodeAnalysis;

namespace NetPol.Model.RuleSets;

/// <summary>Differences of lists that are sorted by a unique key.</summary>
internal static class SortedLists
{
    public static ListChange<T> Diff<T, TKey>(ValueArray<T> before, ValueArray<T> after, Func<T, TKey> key)
        where T : IEquatable<T>
        where TKey : IComparable<TKey>
    {
        // Everything is new, so no copy is needed.
        if (before.IsEmpty)
            return new([], after);
        List<T> removed = [], added = [];
        int i = 0, j = 0;
        while (i < before.Count || j < after.Count)
        {
            var order = i == before.Count ? 1 : j == after.Count ? -1 : key(before[i]).CompareTo(key(after[j]));
            if (order < 0)
            {
                removed.Add(before[i++]);
            }
            else if (order > 0)
            {
                added.Add(after[j++]);
            }
            else
            {
                if (!before[i].Equals(after[j]))
                {
                    removed.Add(before[i]);
                    added.Add(after[j]);
                }
                i++;
                j++;
            }
        }
        return new(removed.ToValueArray(), added.ToValueArray());
    }

    /// <exception cref="InvalidOperationException">The change was not made from <paramref name="before"/>.</exception>
    public static ValueArray<T> Apply<T, TKey>(ValueArray<T> before, ListChange<T> change, Func<T, TKey> key)
        where T : IEquatable<T>
        where TKey : IComparable<TKey>
    {
        if (change.IsEmpty)
            return before;
        if (before.IsEmpty && change.Removed.IsEmpty)
            return change.Added;
        var after = new List<T>(Math.Max(0, before.Count - change.Removed.Count) + change.Added.Count);
        int removed = 0, added = 0;
        foreach (var item in before)
        {
            if (removed < change.Removed.Count && item.Equals(change.Removed[removed]))
            {
                removed++;
                continue;
            }
            while (added < change.Added.Count && key(change.Added[added]).CompareTo(key(item)) < 0)
                after.Add(change.Added[added++]);
            after.Add(item);
        }
        while (added < change.Added.Count)
            after.Add(change.Added[added++]);
        if (removed < change.Removed.Count)
            throw new InvalidOperationException($"the change removes {change.Removed[removed]}, which is not there");
        for (var i = 1; i < after.Count; i++)
        {
            if (key(after[i - 1]).CompareTo(key(after[i])) >= 0)
                throw new InvalidOperationException($"the change adds {after[i]}, which is there already");
        }
        return after.ToValueArray();
    }

    /// <summary>Merges consecutive changes into one.</summary>
    public static ListChange<T> Merge<T, TKey>(IEnumerable<ListChange<T>> changes, Func<T, TKey> key)
        where T : IEquatable<T>
        where TKey : IComparable<TKey>
    {
        var net = new Dictionary<TKey, (T? Before, bool WasThere, T? After, bool IsThere)>();
        foreach (var (removed, added) in changes)
        {
            foreach (var item in removed)
                net[key(item)] = net.TryGetValue(key(item), out var known) ? known with { After = default, IsThere = false } : (item, true, default, false);
            foreach (var item in added)
                net[key(item)] = net.TryGetValue(key(item), out var known) ? known with { After = item, IsThere = true } : (default, false, item, true);
        }
        var changed = net.Where(n => !(n.Value.WasThere && n.Value.IsThere && n.Value.Before!.Equals(n.Value.After))).OrderBy(n => n.Key).Select(n => n.Value).ToList();
        return new(changed.Where(c => c.WasThere).Select(c => c.Before!).ToValueArray(), changed.Where(c => c.IsThere).Select(c => c.After!).ToValueArray());
    }
}

/// <summary>Looks up entries of a list that is sorted by a unique key. A lookup is a binary search, and nothing is built.</summary>
internal readonly struct SortedLookup<T, TKey, TValue>(ValueArray<T> sorted, Func<T, TKey> key, Func<T, TValue> value)
    where TKey : IComparable<TKey>
{
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public TValue this[TKey wanted] => TryGetValue(wanted, out var found) ? found : throw new KeyNotFoundException($"{wanted} is not there");

    public bool TryGetValue(TKey wanted, [MaybeNullWhen(false)] out TValue found)
    {
        int low = 0, high = sorted.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = key(sorted[middle]).CompareTo(wanted);
            if (order == 0)
            {
                found = value(sorted[middle]);
                return true;
            }
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        found = default;
        return false;
    }

    public bool Contains(TKey wanted) => TryGetValue(wanted, out _);
}
