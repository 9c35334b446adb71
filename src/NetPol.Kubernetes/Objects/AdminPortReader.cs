using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// The entries of <c>ports</c> (v1alpha1) and <c>protocols</c> (v1alpha2, v1beta1). An entry with a fault is Unknown in a rule that allows.
/// In another rule it is every port of its protocol, which is the most that it could mean; it is Unknown where the protocol is in doubt too.
/// </summary>
internal static class AdminPortReader
{
    private const string NewerApiCode = "unknown-port";

    /// <summary>An entry of <c>ports</c>; null for a range that ends before it starts.</summary>
    public static PortMatch? ReadV1Alpha1(Field item, RuleAction action) => Read(item, action, static field => field.Path.Name switch
    {
        "namedPort" => ReadNamed(field),
        "portNumber" => field.Object() is { } fields ? ReadNumberV1Alpha1(fields) : null,
        _ => field.Object() is { } fields ? ReadRangeV1Alpha1(fields) : null,
    }, "portNumber", "portRange", "namedPort");

    /// <summary>An entry of <c>protocols</c>.</summary>
    public static PortMatch? ReadCluster(Field item, RuleAction action) => Read(item, action, static field => field.Path.Name switch
    {
        "destinationNamedPort" => ReadNamed(field),
        "tcp" => ReadTransport(field, Protocol.Tcp),
        "udp" => ReadTransport(field, Protocol.Udp),
        _ => ReadTransport(field, Protocol.Sctp),
    }, "tcp", "udp", "sctp", "destinationNamedPort");

    private static PortMatch? Read(Field item, RuleAction action, Func<Field, WidestMatch?> read, params ReadOnlySpan<string> names)
    {
        var chosen = item.Object() is { } fields ? OneOfField.Read(fields, NewerApiCode, names) : null;
        if ((chosen is { } field ? read(field) : null) is not { } entry)
            return new PortMatch.Unknown("faulty or unknown entry");
        return entry.IsSound || action != RuleAction.Allow ? entry.Match : new PortMatch.Unknown("faulty or unknown entry");
    }

    private static WidestMatch? ReadNamed(Field field) => PortFields.ReadName(field) is { } name ? new(new PortMatch.Named(null, name)) : null;

    private static WidestMatch? ReadNumberV1Alpha1(ObjectNode fields)
    {
        var faults = fields.Report.FaultCount;
        var protocol = PortFields.ReadProtocol(fields);
        var port = fields.Required("port", "write the port's number")?.Integer(1, ushort.MaxValue);
        fields.RejectUnknown();
        var ports = port is { } number && fields.Report.FaultCount == faults ? PortRange.Single((ushort)number) : default(PortRange?);
        return protocol is { } known ? WidestMatch.Create(known, ports) : null;
    }

    private static WidestMatch? ReadRangeV1Alpha1(ObjectNode fields)
    {
        var faults = fields.Report.FaultCount;
        var protocol = PortFields.ReadProtocol(fields);
        var (start, end) = ReadEnds(fields);
        if (protocol is not { } known)
            return null;
        if (start is not { } first || end is not { } last || fields.Report.FaultCount != faults)
            return WidestMatch.Create(known, null);
        if (first <= last)
            return WidestMatch.Create(known, new((ushort)first, (ushort)last));
        // Engines compare a port with both ends, so such a range holds none.
        fields.Self.HarmlessError("invalid-port", $"the range from {first} to {last} matches nothing: swap the two");
        return new(null);
    }

    private static WidestMatch? ReadTransport(Field field, Protocol protocol)
    {
        if (field.Object() is not { } fields)
            return null;
        if (fields["destinationPort"] is null && fields.UnknownNames().Count == 0)
        {
            field.WarnRefused("empty-protocol", "it has no field, and is read as every port of the protocol: write destinationPort", ApiServerVersions.Definitions);
            return new(new PortMatch.Numbers(protocol, PortRange.All));
        }
        var faults = field.Report.FaultCount;
        var ports = OneOfField.Read(fields, NewerApiCode, "destinationPort")?.Object() is { } port ? ReadPorts(port) : null;
        if (field.Report.FaultCount > faults)
            return WidestMatch.Create(protocol, null);
        return ports is null ? null : WidestMatch.Create(protocol, ports);
    }

    /// <summary>Null when they are faulty or of a newer API.</summary>
    private static PortRange? ReadPorts(ObjectNode fields)
    {
        if (OneOfField.Read(fields, NewerApiCode, "number", "range") is not { } form)
            return null;
        if (form.Path.Name is "number")
            return form.Integer(1, ushort.MaxValue) is { } number ? PortRange.Single((ushort)number) : null;
        if (form.Object() is not { } range)
            return null;
        var (start, end) = ReadEnds(range);
        if (start is not { } first || end is not { } last)
            return null;
        if (first < last)
            return new((ushort)first, (ushort)last);
        range.Self.Error("invalid-port", $"the range from {first} to {last} is empty: write a start below the end");
        return null;
    }

    private static (int? Start, int? End) ReadEnds(ObjectNode fields)
    {
        var start = fields.Required("start", "write the first port")?.Integer(1, ushort.MaxValue);
        var end = fields.Required("end", "write the last port")?.Integer(1, ushort.MaxValue);
        fields.RejectUnknown();
        return (start, end);
    }

    /// <summary>Returns the ports that an entry matches; null for none. For an entry with a fault, the most that it could mean.</summary>
    private readonly record struct WidestMatch(PortMatch? Match, bool IsSound = true)
    {
        /// <param name="protocol">The protocol.</param>
        /// <param name="ports">Null when they are faulty.</param>
        public static WidestMatch Create(Protocol protocol, PortRange? ports) =>
            new(new PortMatch.Numbers(protocol, ports ?? PortRange.All), IsSound: ports is not null);
    }
}
