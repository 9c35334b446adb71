using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>An item of <c>ports</c> of a NetworkPolicy.</summary>
internal static class NetworkPolicyPort
{
    /// <summary>Unknown when anything in it is faulty or of a newer API.</summary>
    public static PortMatch Read(Field item)
    {
        var faults = item.Report.Faults;
        if (item.Object() is not { } fields)
            return new PortMatch.Unknown("faulty port");
        var (portField, endField) = (fields["port"], fields["endPort"]);
        fields.Ignore("protocol");
        if (fields.IsFromNewerApi())
        {
            var names = string.Join(", ", fields.Unknown());
            item.Refused("unknown-port", $"{names} is not known here and fails closed: the rule matches nothing", ApiServers.StrictFields);
            return new PortMatch.Unknown(names);
        }
        var protocol = PortFields.Protocol(fields);
        fields.Close();
        var match = protocol is { } known ? Match(known, portField, endField) : null;
        return item.Report.Faults == faults && match is not null ? match : new PortMatch.Unknown("faulty port");
    }

    private static PortMatch? Match(Protocol protocol, Field? portField, Field? endField)
    {
        var isName = portField is { Node: ScalarNode { Kind: ScalarKind.Text } };
        if (endField is { } misplaced && (portField is null || isName))
            misplaced.Error("invalid-port", "endPort needs a port that is a number: write the first port of the range as port");
        if (portField is not { } field)
            return new PortMatch.Numbers(protocol, PortRange.All);
        if (isName)
            return Name(field) is { } name ? new PortMatch.Named(protocol, name) : null;
        if (field.Integer(1, ushort.MaxValue) is not { } first)
            return null;
        var last = endField is { } end ? end.Integer(1, ushort.MaxValue) : first;
        if (last < first)
            endField!.Value.Error("invalid-port", $"the range ends at {last}, before it starts at {first}: swap the two");
        return last is { } sound && sound >= first ? new PortMatch.Numbers(protocol, new((ushort)first, (ushort)sound)) : null;
    }

    private static string? Name(Field field)
    {
        if (field.Text() is not { } text || !text.All(char.IsAsciiDigit))
            return PortFields.Name(field);
        field.Error("wrong-type", $"{ScalarNode.Quote(text)} is the name of no port: write the number without quotes");
        return null;
    }
}
