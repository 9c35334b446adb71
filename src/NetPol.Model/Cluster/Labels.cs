namespace NetPol.Model.Cluster;

/// <summary>Labels of an object: unique keys in ordinal order, compared by content.</summary>
public readonly record struct Labels
{
    private readonly ValueArray<KeyValuePair<string, string>> _pairs;

    private Labels(ValueArray<KeyValuePair<string, string>> pairs) => _pairs = pairs;

    public static Labels None => default;

    /// <summary>The pairs in ordinal order of their keys.</summary>
    public ValueArray<KeyValuePair<string, string>> Pairs => _pairs;

    /// <summary>Creates labels from pairs in any order. The last pair of a key wins.</summary>
    public static Labels Of(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
            sorted[key] = value;
        return new(sorted.ToValueArray());
    }

    public static Labels Of(params ReadOnlySpan<(string Key, string Value)> pairs) =>
        Of(pairs.ToArray().Select(p => KeyValuePair.Create(p.Key, p.Value)));

    /// <summary>The value of <paramref name="key"/>, or null without such a label.</summary>
    public string? this[string key]
    {
        get
        {
            var span = _pairs.Span;
            int low = 0, high = span.Length - 1;
            while (low <= high)
            {
                var middle = (low + high) >>> 1;
                var order = string.CompareOrdinal(span[middle].Key, key);
                if (order == 0)
                    return span[middle].Value;
                if (order < 0)
                    low = middle + 1;
                else
                    high = middle - 1;
            }
            return null;
        }
    }

    public Labels With(string key, string value) => Of(_pairs.Append(KeyValuePair.Create(key, value)));

    public override string ToString() => string.Join(',', _pairs.Select(p => $"{p.Key}={p.Value}"));
}
