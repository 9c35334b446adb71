using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>
/// The entries of <c>ports</c> (v1alpha1) and <c>protocols</c> (v1alpha2, v1beta1). An entry with a fault is Unknown in a rule that allows.
/// In another rule it is every port of its protocol, which is the most that it could mean; it is Unknown where the protocol is in doubt too.
/// </summary>
internal static class AdminPort
{
    private const string NewerApi = "unknown-port";

    /// <summary>An entry of <c>ports</c>; null for a range that ends before it starts.</summary>
    public static PortMatch? ReadV1Alpha1(Field item, RuleAction action) => Read(item, action, static field => field.Path.Name switch
    {
        "namedPort" => Named(field),
        "portNumber" => field.Object() is { } fields ? NumberV1Alpha1(fields) : null,
        _ => field.Object() is { } fields ? RangeV1Alpha1(fields) : null,
    }, "portNumber", "portRange", "namedPort");

    /// <summary>An entry of <c>protocols</c>.</summary>
    public static PortMatch? ReadCluster(Field item, RuleAction action) => Read(item, action, static field => field.Path.Name switch
    {
        "destinationNamedPort" => Named(field),
        "tcp" => Transport(field, Protocol.Tcp),
        "udp" => Transport(field, Protocol.Udp),
        _ => Transport(field, Protocol.Sctp),
    }, "tcp", "udp", "sctp", "destinationNamedPort");

    private static PortMatch? Read(Field item, RuleAction action, Func<Field, Entry?> read, params ReadOnlySpan<string> names)
    {
        var chosen = item.Object() is { } fields ? Choice.One(fields, NewerApi, names) : null;
        if ((chosen is { } field ? read(field) : null) is not { } entry)
            return new PortMatch.Unknown("faulty or unknown entry");
        return entry.IsSound || action != RuleAction.Allow ? entry.Match : new PortMatch.Unknown("faulty or unknown entry");
    }

    private static Entry? Named(Field field) => PortFields.Name(field) is { } name ? new(new PortMatch.Named(null, name)) : null;

    private static Entry? NumberV1Alpha1(Fields fields)
    {
        var faults = fields.Report.Faults;
        var protocol = PortFields.Protocol(fields);
        var port = fields.Required("port", "write the port's number")?.Integer(1, ushort.MaxValue);
        fields.Close();
        var ports = port is { } number && fields.Report.Faults == faults ? PortRange.Single((ushort)number) : default(PortRange?);
        return protocol is { } known ? Entry.Of(known, ports) : null;
    }

    private static Entry? RangeV1Alpha1(Fields fields)
    {
        var faults = fields.Report.Faults;
        var protocol = PortFields.Protocol(fields);
        var (start, end) = Ends(fields);
        if (protocol is not { } known)
            return null;
        if (start is not { } first || end is not { } last || fields.Report.Faults != faults)
            return Entry.Of(known, null);
        if (first <= last)
            return Entry.Of(known, new((ushort)first, (ushort)last));
        // Engines compare a port with both ends, so such a range holds none.
        fields.Self.HarmlessError("invalid-port", $"the range from {first} to {last} matches nothing: swap the two");
        return new(null);
    }

    private static Entry? Transport(Field field, Protocol protocol)
    {
        if (field.Object() is not { } fields)
            return null;
        if (fields["destinationPort"] is null && fields.Unknown().Count == 0)
        {
            field.Refused("empty-protocol", "it has no field, and is read as every port of the protocol: write destinationPort", ApiServers.Definitions);
            return new(new PortMatch.Numbers(protocol, PortRange.All));
        }
        var faults = field.Report.Faults;
        var ports = Choice.One(fields, NewerApi, "destinationPort")?.Object() is { } port ? Ports(port) : null;
        if (field.Report.Faults > faults)
            return Entry.Of(protocol, null);
        return ports is null ? null : Entry.Of(protocol, ports);
    }

    /// <summary>Null when they are faulty or of a newer API.</summary>
    private static PortRange? Ports(Fields fields)
    {
        if (Choice.One(fields, NewerApi, "number", "range") is not { } form)
            return null;
        if (form.Path.Name is "number")
            return form.Integer(1, ushort.MaxValue) is { } number ? PortRange.Single((ushort)number) : null;
        if (form.Object() is not { } range)
            return null;
        var (start, end) = Ends(range);
        if (start is not { } first || end is not { } last)
            return null;
        if (first < last)
            return new((ushort)first, (ushort)last);
        range.Self.Error("invalid-port", $"the range from {first} to {last} is none: start is less than end");
        return null;
    }

    private static (int? Start, int? End) Ends(Fields fields)
    {
        var start = fields.Required("start", "write the first port")?.Integer(1, ushort.MaxValue);
        var end = fields.Required("end", "write the last port")?.Integer(1, ushort.MaxValue);
        fields.Close();
        return (start, end);
    }

    /// <summary>What an entry matches; null for nothing. When it is not sound, the most that it could mean.</summary>
    private readonly record struct Entry(PortMatch? Match, bool IsSound = true)
    {
        /// <param name="protocol">The protocol.</param>
        /// <param name="ports">Null when they are faulty.</param>
        public static Entry Of(Protocol protocol, PortRange? ports) =>
            new(new PortMatch.Numbers(protocol, ports ?? PortRange.All), IsSound: ports is not null);
    }
}
