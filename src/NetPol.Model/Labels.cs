namespace NetPol.Model;

/// <summary>Labels of an object: unique keys in ordinal order, compared by content.</summary>
public readonly record struct Labels
{
    private readonly ValueArray<KeyValuePair<string, string>> _pairs;

    private Labels(ValueArray<KeyValuePair<string, string>> pairs) => _pairs = pairs;

    public static Labels None => default;

    /// <summary>The pairs in ordinal order of their keys.</summary>
    public ValueArray<KeyValuePair<string, string>> Pairs => _pairs;

    /// <summary>Creates labels from pairs in any order. The last pair of a key wins.</summary>
    public static Labels Create(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in pairs)
            sorted[key] = value;
        return new(sorted.ToValueArray());
    }

    public static Labels Create(params ReadOnlySpan<(string Key, string Value)> pairs) =>
        Create(pairs.ToArray().Select(p => KeyValuePair.Create(p.Key, p.Value)));

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

    public Labels With(string key, string value) => Create(_pairs.Append(KeyValuePair.Create(key, value)));

    public override string ToString() => string.Join(',', _pairs.Select(p => $"{p.Key}={p.Value}"));
}

/// <summary>
/// A label selector: all requirements must match. <c>matchLabels</c> are In requirements with one value. Without requirements it selects everything.
/// Requirements are in ordinal order of their text, so equivalent selectors are equal.
/// </summary>
public sealed record LabelSelector
{
    private LabelSelector(ValueArray<SelectorRequirement> requirements) => Requirements = requirements;

    public static LabelSelector Everything { get; } = new(default(ValueArray<SelectorRequirement>));

    public ValueArray<SelectorRequirement> Requirements { get; }

    public static LabelSelector Create(IEnumerable<SelectorRequirement> requirements) => new(requirements
        .Select(r => r with { Values = r.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray() })
        .Distinct()
        .OrderBy(r => r.ToString(), StringComparer.Ordinal)
        .ToValueArray());

    /// <summary>The selector of <c>matchLabels</c>.</summary>
    public static LabelSelector Create(params ReadOnlySpan<(string Key, string Value)> labels) =>
        Create(labels.ToArray().Select(l => new SelectorRequirement(l.Key, SelectorOperator.In, [l.Value])));

    public bool Matches(Labels labels)
    {
        foreach (var requirement in Requirements)
        {
            if (!requirement.Matches(labels))
                return false;
        }
        return true;
    }

    /// <summary>The selector in kubectl's notation, <c>*</c> for everything.</summary>
    public override string ToString() => Requirements.IsEmpty ? "*" : string.Join(',', Requirements);
}

/// <summary>One requirement of a selector. <paramref name="Values"/> are in ordinal order; empty for Exists and DoesNotExist.</summary>
public sealed record SelectorRequirement(string Key, SelectorOperator Operator, ValueArray<string> Values)
{
    /// <summary>As in the API: <c>NotIn</c> also holds when the label is missing.</summary>
    public bool Matches(Labels labels) => Operator switch
    {
        SelectorOperator.In => labels[Key] is { } value && Values.Span.Contains(value),
        SelectorOperator.NotIn => labels[Key] is not { } value || !Values.Span.Contains(value),
        SelectorOperator.Exists => labels[Key] is not null,
        SelectorOperator.DoesNotExist => labels[Key] is null,
        _ => throw new InvalidOperationException($"selector operator {Operator}"),
    };

    public override string ToString() => Operator switch
    {
        SelectorOperator.In when Values.Count == 1 => $"{Key}={Values[0]}",
        SelectorOperator.In => $"{Key} in ({string.Join(',', Values)})",
        SelectorOperator.NotIn => $"{Key} notin ({string.Join(',', Values)})",
        SelectorOperator.Exists => Key,
        _ => $"!{Key}",
    };
}

/// <summary>Operators of <c>matchExpressions</c>.</summary>
public enum SelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
