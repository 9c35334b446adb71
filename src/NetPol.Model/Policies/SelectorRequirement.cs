using NetPol.Model.Cluster;

namespace NetPol.Model.Policies;

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
