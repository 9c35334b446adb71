using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Policies;

/// <summary>The entries of <c>ports</c> (v1alpha1) and <c>protocols</c> (v1alpha2). What is faulty or of a newer API is Unknown.</summary>
internal static class AdminPort
{
    private const string NewerApi = "unknown-port";

    public static PortMatch ReadV1Alpha1(Field item) => Read(item, static field => field.Path.Name switch
    {
        "namedPort" => Named(field),
        "portNumber" => field.Object() is { } fields ? NumberV1Alpha1(fields) : null,
        _ => field.Object() is { } fields ? RangeV1Alpha1(fields) : null,
    }, "portNumber", "portRange", "namedPort");

    public static PortMatch ReadV1Alpha2(Field item) => Read(item, static field => field.Path.Name switch
    {
        "destinationNamedPort" => Named(field),
        "tcp" => Transport(field, Protocol.Tcp),
        "udp" => Transport(field, Protocol.Udp),
        _ => Transport(field, Protocol.Sctp),
    }, "tcp", "udp", "sctp", "destinationNamedPort");

    private static PortMatch Read(Field item, Func<Field, PortMatch?> read, params ReadOnlySpan<string> names)
    {
        var faults = item.Report.Faults;
        var chosen = item.Object() is { } fields ? Choice.One(fields, NewerApi, names) : null;
        var match = chosen is { } field ? read(field) : null;
        return match is not null && item.Report.Faults == faults ? match : new PortMatch.Unknown("faulty or unknown entry");
    }

    private static PortMatch.Named? Named(Field field) => PortFields.Name(field) is { } name ? new(null, name) : null;

    private static PortMatch.Numbers? NumberV1Alpha1(Fields fields)
    {
        var protocol = PortFields.Protocol(fields);
        var port = fields.Required("port", "write the port's number")?.Integer(1, ushort.MaxValue);
        fields.Close();
        return protocol is { } known && port is { } number ? new(known, PortRange.Single((ushort)number)) : null;
    }

    private static PortMatch.Numbers? RangeV1Alpha1(Fields fields)
    {
        var protocol = PortFields.Protocol(fields);
        return protocol is { } known && Range(fields) is { } range ? new(known, range) : null;
    }

    private static PortMatch.Numbers? Transport(Field field, Protocol protocol)
    {
        if (field.Object() is not { } fields)
            return null;
        if (fields["destinationPort"] is null && fields.Unknown().Count == 0)
        {
            // The API server refuses the empty object, but what it means is beyond doubt.
            var match = new PortMatch.Numbers(protocol, PortRange.All);
            field.Warning("empty-protocol", "the API wants a field here: it is read as every port of the protocol");
            return match;
        }
        if (Choice.One(fields, NewerApi, "destinationPort")?.Object() is not { } port)
            return null;
        var chosen = Choice.One(port, NewerApi, "number", "range");
        if (chosen is not { } form)
            return null;
        if (form.Path.Name is "number")
            return form.Integer(1, ushort.MaxValue) is { } number ? new(protocol, PortRange.Single((ushort)number)) : null;
        return form.Object() is { } range && Range(range) is { } ports ? new(protocol, ports) : null;
    }

    private static PortRange? Range(Fields fields)
    {
        var start = fields.Required("start", "write the first port")?.Integer(1, ushort.MaxValue);
        var end = fields.Required("end", "write the last port")?.Integer(1, ushort.MaxValue);
        fields.Close();
        if (start is not { } first || end is not { } last)
            return null;
        if (first < last)
            return new((ushort)first, (ushort)last);
        fields.Self.Error("invalid-port", $"the range from {first} to {last} is none: start is less than end");
        return null;
    }
}
