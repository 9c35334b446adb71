using System.Diagnostics.CodeAnalysis;

namespace NetPol.Model.Rules;

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
