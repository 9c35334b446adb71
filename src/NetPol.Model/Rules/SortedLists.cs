namespace NetPol.Model.Rules;

/// <summary>Differences of lists that are sorted by a unique key.</summary>
internal static class SortedLists
{
    public static Change<T> Diff<T, TKey>(ValueArray<T> before, ValueArray<T> after, Func<T, TKey> key)
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
    public static ValueArray<T> Apply<T, TKey>(ValueArray<T> before, Change<T> change, Func<T, TKey> key)
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
    public static Change<T> Fold<T, TKey>(IEnumerable<Change<T>> changes, Func<T, TKey> key)
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
