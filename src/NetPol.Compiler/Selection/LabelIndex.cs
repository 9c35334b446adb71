using System.Runtime.InteropServices;
using NetPol.Model;

namespace NetPol.Compiler.Selection;

/// <summary>Finds labeled items by selector. Checks only the items with the rarest label that the selector requires.</summary>
internal sealed class LabelIndex<T>(Func<T, Labels> labels)
    where T : class
{
    private readonly HashSet<T> _items = [];
    private readonly Dictionary<KeyValuePair<string, string>, List<T>> _byPair = new(LabelComparer.Instance);

    public void Add(T item)
    {
        _items.Add(item);
        foreach (var pair in labels(item).Pairs)
        {
            ref var list = ref CollectionsMarshal.GetValueRefOrAddDefault(_byPair, pair, out _);
            (list ??= []).Add(item);
        }
    }

    public void Remove(T item)
    {
        _items.Remove(item);
        foreach (var pair in labels(item).Pairs)
        {
            if (_byPair.TryGetValue(pair, out var list) && list.Remove(item) && list.Count == 0)
                _byPair.Remove(pair);
        }
    }

    /// <summary>The number of items that <see cref="Select"/> would check.</summary>
    public int CountCandidates(LabelSelector selector) => FindRarest(selector) is { } requirement ? Count(requirement) : _items.Count;

    /// <summary>Returns the selected items, each once, in no particular order.</summary>
    public IEnumerable<T> Select(LabelSelector selector)
    {
        if (selector.Requirements.IsEmpty)
            return _items;
        var candidates = FindRarest(selector) is { } requirement
            ? requirement.Values.SelectMany(value => ItemsWith(requirement.Key, value))
            : _items;
        return candidates.Where(item => selector.Matches(labels(item)));
    }

    private SelectorRequirement? FindRarest(LabelSelector selector)
    {
        SelectorRequirement? rarest = null;
        var fewest = int.MaxValue;
        foreach (var requirement in selector.Requirements)
        {
            if (requirement.Operator == SelectorOperator.In && Count(requirement) is var count && count < fewest)
                (rarest, fewest) = (requirement, count);
        }
        return rarest;
    }

    private int Count(SelectorRequirement requirement)
    {
        var count = 0;
        foreach (var value in requirement.Values)
            count += ItemsWith(requirement.Key, value).Count;
        return count;
    }

    private List<T> ItemsWith(string key, string value) => _byPair.TryGetValue(new(key, value), out var list) ? list : [];
}

/// <summary>Compares keys and values of labels ordinally.</summary>
internal sealed class LabelComparer : IEqualityComparer<KeyValuePair<string, string>>
{
    public static LabelComparer Instance { get; } = new();

    public bool Equals(KeyValuePair<string, string> x, KeyValuePair<string, string> y) =>
        string.Equals(x.Key, y.Key, StringComparison.Ordinal) && string.Equals(x.Value, y.Value, StringComparison.Ordinal);

    public int GetHashCode(KeyValuePair<string, string> obj) =>
        HashCode.Combine(obj.Key.GetHashCode(StringComparison.Ordinal), obj.Value.GetHashCode(StringComparison.Ordinal));
}
