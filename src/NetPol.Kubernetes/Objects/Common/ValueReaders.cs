using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads label selectors.</summary>
internal static class SelectorReader
{
    /// <summary>
    /// The selector. Faulty requirements are left out, so a selector with a fault selects at least what it could mean; a caller that needs
    /// exactly that compares <see cref="DiagnosticSink.FaultCount"/>.
    /// </summary>
    public static LabelSelector Read(Field field)
    {
        if (field.Object() is not { } fields)
            return LabelSelector.Everything;
        var requirements = MetadataReader.ReadLabels(fields["matchLabels"]).Pairs
            .Where(p => NameValidation.CheckLabelKey(p.Key) is null && NameValidation.CheckLabelValue(p.Value) is null)
            .Select(p => new SelectorRequirement(p.Key, SelectorOperator.In, [p.Value])).ToList();
        foreach (var item in fields["matchExpressions"]?.Items() ?? [])
        {
            if (item.Object() is { } expression && ReadRequirement(expression) is { } requirement)
                requirements.Add(requirement);
        }
        fields.RejectUnknown();
        return LabelSelector.Create(requirements);
    }

    /// <summary>Null when anything in it is faulty.</summary>
    private static SelectorRequirement? ReadRequirement(ObjectNode fields)
    {
        var faults = fields.Report.FaultCount;
        var key = fields.Required("key", "write the label's key");
        var keyText = key?.Text();
        if (keyText is not null && NameValidation.CheckLabelKey(keyText) is { } wrong)
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
        var values = ReadValues(fields["values"]);
        fields.RejectUnknown();
        if (known is SelectorOperator.In or SelectorOperator.NotIn && values.Count == 0)
            fields.Self.Error("invalid-selector", $"{operationText} needs at least one value: write values");
        if (known is SelectorOperator.Exists or SelectorOperator.DoesNotExist && values.Count > 0)
            fields.Self.Error("invalid-selector", $"{operationText} takes no values: leave them out, or write In or NotIn");
        return fields.Report.FaultCount == faults && keyText is not null && known is { } op ? new(keyText, op, values.ToValueArray()) : null;
    }

    private static List<string> ReadValues(Field? field)
    {
        var values = new List<string>();
        foreach (var item in field?.Items() ?? [])
        {
            if (item.NullAsEmpty().Text() is not { } text)
                continue;
            if (NameValidation.CheckLabelValue(text) is { } wrong)
                item.Error("invalid-selector", $"{ScalarNode.Quote(text)} is not a label's value: {wrong}");
            values.Add(text);
        }
        return values;
    }
}

/// <summary>Fields that every form of a port shares.</summary>
internal static class PortFields
{
    /// <summary>The field <c>protocol</c>; TCP when it is missing, null when it is none that policies know.</summary>
    public static Protocol? ReadProtocol(ObjectNode fields)
    {
        if (fields["protocol"] is not { } field)
            return NetPol.Model.Net.Protocol.Tcp;
        switch (field.Text())
        {
            case "TCP":
                return NetPol.Model.Net.Protocol.Tcp;
            case "UDP":
                return NetPol.Model.Net.Protocol.Udp;
            case "SCTP":
                return NetPol.Model.Net.Protocol.Sctp;
            case { } other:
                field.Error("invalid-value", $"{ScalarNode.Quote(other)} is not a protocol: write TCP, UDP or SCTP");
                return null;
            default:
                return null;
        }
    }

    /// <summary>A port's name; null when it is not one.</summary>
    public static string? ReadName(Field field)
    {
        if (field.Text() is not { } name)
            return null;
        if (NameValidation.CheckPortName(name) is not { } wrong)
            return name;
        field.Error("invalid-port", $"{ScalarNode.Quote(name)} is not a port's name: {wrong}");
        return null;
    }
}

internal static class CidrReader
{
    /// <summary>
    /// The network; null when the text is not one, which is an error. Host bits are masked, with a warning or an error. An IPv4-mapped network is an error:
    /// engines differ in what they match with it. Its IPv4 network is returned, which is the most that it could mean.
    /// </summary>
    /// <param name="field">The text.</param>
    /// <param name="hostBits">Which API servers refuse host bits; null: none does.</param>
    /// <param name="isError">Whether host bits that API servers refuse are an error in a file. An object that a server took before it refused them has a warning.</param>
    public static Cidr? Read(Field field, string? hostBits = null, bool isError = false)
    {
        if (field.Text() is not { } text)
            return null;
        if (!Cidr.TryParse(text, out var cidr))
        {
            var advice = IpAddress.TryParse(text, out var address) ? $"write {text}/{address.Bits} for this address alone" : "write one such as 10.0.0.0/8 or fd00::/8";
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is not a CIDR: {advice}");
            return null;
        }
        if (cidr.Network.Family == IpFamily.V4 && text.Contains(':', StringComparison.Ordinal))
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is an IPv4-mapped network, which API servers refuse (in a NetworkPolicy {ApiServerVersions.StrictNetworks}): write {cidr}");
        else if (IpAddress.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var written) && written != cidr.Network)
            ReportHostBits(field, $"{text} has bits set after its prefix: write {cidr}, as it is read", hostBits, isError && !field.Report.IsLive);
        return cidr;
    }

    private static void ReportHostBits(Field field, string message, string? refusedBy, bool isError)
    {
        if (refusedBy is null)
            field.Warning("host-bits", message);
        else if (isError)
            field.HarmlessError("host-bits", $"{message}; {refusedBy} refuse it");
        else
            field.WarnRefused("host-bits", message, refusedBy);
    }
}

/// <summary>How many items the API takes. More are an error, and count all the same.</summary>
internal static class ListLimits
{
    public static void Check(Field list, int count, int most, int least = 1)
    {
        if (count < least)
            list.Error("too-few", $"the list is empty: write at least {least}, or leave the field out where it may be missing");
        else if (count > most)
            list.HarmlessError("too-many", $"there are {count} items, and the API takes {most} at most: split them");
    }
}
