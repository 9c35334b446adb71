using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads label selectors.</summary>
internal static class SelectorReader
{
    /// <summary>
    /// The selector. Faulty requirements are left out, so a selector with a fault selects at least what it could mean; a caller that needs
    /// exactly that compares <see cref="Report.Faults"/>.
    /// </summary>
    public static LabelSelector Read(Field field)
    {
        if (field.Object() is not { } fields)
            return LabelSelector.Everything;
        var requirements = MetadataReader.Labels(fields["matchLabels"]).Pairs
            .Where(p => Syntax.LabelKey(p.Key) is null && Syntax.LabelValue(p.Value) is null)
            .Select(p => new SelectorRequirement(p.Key, SelectorOperator.In, [p.Value])).ToList();
        foreach (var item in fields["matchExpressions"]?.Items() ?? [])
        {
            if (item.Object() is { } expression && Requirement(expression) is { } requirement)
                requirements.Add(requirement);
        }
        fields.Close();
        return LabelSelector.Of(requirements);
    }

    /// <summary>Null when anything in it is faulty.</summary>
    private static SelectorRequirement? Requirement(Fields fields)
    {
        var faults = fields.Report.Faults;
        var key = fields.Required("key", "write the label's key");
        var keyText = key?.Text();
        if (keyText is not null && Syntax.LabelKey(keyText) is { } wrong)
            key!.Value.Error("invalid-selector", $"{ScalarNode.Quote(keyText)} is not a label's key: {wrong}");
        var operation = fields.Required("operator", "write In, NotIn, Exists or DoesNotExist");
        var operationText = operation?.Text();
        SelectorOperator? known = operationText switch
        {
            "In" => SelectorOperator.In,
            "NotIn" => SelectorOperator.NotIn,
            "Exists" => SelectorOperator.Exists,
            "DoesNotExist" => SelectorOperator.DoesNotExist,
            _ => null,
        };
        if (operationText is not null && known is null)
            operation!.Value.Error("invalid-selector", $"{ScalarNode.Quote(operationText)} is not an operator: write In, NotIn, Exists or DoesNotExist");
        var values = Values(fields["values"]);
        fields.Close();
        if (known is SelectorOperator.In or SelectorOperator.NotIn && values.Count == 0)
            fields.Self.Error("invalid-selector", $"{operationText} needs at least one value: write values");
        if (known is SelectorOperator.Exists or SelectorOperator.DoesNotExist && values.Count > 0)
            fields.Self.Error("invalid-selector", $"{operationText} takes no values: leave them out, or write In or NotIn");
        return fields.Report.Faults == faults && keyText is not null && known is { } op ? new(keyText, op, values.ToValueArray()) : null;
    }

    private static List<string> Values(Field? field)
    {
        var values = new List<string>();
        foreach (var item in field?.Items() ?? [])
        {
            if (item.NullAsEmpty().Text() is not { } text)
                continue;
            if (Syntax.LabelValue(text) is { } wrong)
                item.Error("invalid-selector", $"{ScalarNode.Quote(text)} is not a label's value: {wrong}");
            values.Add(text);
        }
        return values;
    }
}
