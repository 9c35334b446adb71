using NetPol.Model.Cluster;

namespace NetPol.Model.Policies;

/// <summary>
/// A label selector: all requirements must match. <c>matchLabels</c> are In requirements with one value. Without requirements it selects everything.
/// Requirements are in ordinal order of their text, so equivalent selectors are equal.
/// </summary>
public sealed record LabelSelector
{
    private LabelSelector(ValueArray<SelectorRequirement> requirements) => Requirements = requirements;

    public static LabelSelector Everything { get; } = new(default(ValueArray<SelectorRequirement>));

    public ValueArray<SelectorRequirement> Requirements { get; }

    public static LabelSelector Of(IEnumerable<SelectorRequirement> requirements) => new(requirements
        .Select(r => r with { Values = r.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray() })
        .Distinct()
        .OrderBy(r => r.ToString(), StringComparer.Ordinal)
        .ToValueArray());

    /// <summary>The selector of <c>matchLabels</c>.</summary>
    public static LabelSelector Of(params ReadOnlySpan<(string Key, string Value)> labels) =>
        Of(labels.ToArray().Select(l => new SelectorRequirement(l.Key, SelectorOperator.In, [l.Value])));

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
