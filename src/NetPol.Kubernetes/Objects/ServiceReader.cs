using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Services: the fields that route connections.</summary>
internal sealed class ServiceReader : IObjectReader<Service>
{
    public ResourceType Type { get; } = new("Service", "v1", IsNamespaced: true) { AffectsPolicies = false };

    public Service Read(ObjectHeader header)
    {
        var body = header.Body;
        var spec = body.Required("spec")?.Object();
        var type = spec?["type"]?.Text();
        var addresses = spec is null ? [] : ClusterIpFields(spec);
        var selector = spec is null ? NetPol.Model.Labels.None : MetadataReader.ReadLabels(spec["selector"]);
        var ports = (spec?["ports"]?.Items() ?? []).Select(ReadPort).OfType<ServicePort>().ToValueArray();
        return new(
            header.Id,
            header.Namespace,
            selector.Pairs.IsEmpty ? null : LabelSelector.Create(selector.Pairs.Select(p => new SelectorRequirement(p.Key, SelectorOperator.In, [p.Value]))),
            addresses.Where(a => !IsNone(a)).Select(ReadAddress).OfType<IpAddress>().Distinct().ToValueArray(),
            addresses.Exists(IsNone),
            type is "ExternalName" ? spec!.Required("externalName", "write the name for which it stands")?.Text() : null,
            ports,
            header.Report.Diagnostics)
        {
            ExternalAddresses = (spec?["externalIPs"]?.Items() ?? []).Concat(LoadBalancerAddresses(body)).Select(ReadAddress).OfType<IpAddress>().Distinct().ToValueArray(),
            IsExternal = type is "NodePort" or "LoadBalancer",
            IsExternalTrafficLocal = spec?["externalTrafficPolicy"]?.Text() is "Local",
        };
    }

    /// <summary>The addresses that the load balancer reports; it may report host names in their place.</summary>
    private static IEnumerable<Field> LoadBalancerAddresses(ObjectNode body) =>
        (body["status"]?.Object()?["loadBalancer"]?.Object()?["ingress"]?.Items() ?? []).Select(i => i.Object()?["ip"]).OfType<Field>();

    /// <summary>As written, in order.</summary>
    private static List<Field> ClusterIpFields(ObjectNode spec) =>
        [.. (spec["clusterIPs"]?.Items() ?? []).Select(i => (Field?)i).Prepend(spec["clusterIP"]).OfType<Field>()];

    /// <summary>The word stands for no address.</summary>
    private static bool IsNone(Field field) => field.Node is ScalarNode { Type: ScalarType.Text, Text: "None" };

    private static IpAddress? ReadAddress(Field field)
    {
        if (field.Text() is not { Length: > 0 } text)
            return null;
        if (IpAddress.TryParse(text, out var address))
            return address;
        field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an IP address: leave the field out, or write None");
        return null;
    }

    private static ServicePort? ReadPort(Field item)
    {
        if (item.Object() is not { } fields || PortFields.ReadProtocol(fields) is not { } protocol || ReadNumber(fields.Required("port", "write the Service's port")) is not { } number)
            return null;
        var name = fields["name"]?.Text();
        // A Service that has no node port may be written with the number 0.
        var nodePort = (ushort?)fields["nodePort"]?.Integer(0, ushort.MaxValue) is > 0 and { } written ? written : (ushort?)null;
        return Port() is { } port ? port with { NodePort = nodePort } : null;

        ServicePort? Port()
        {
            if (fields["targetPort"] is not { } target)
                return new(name, protocol, number, number, null);
            if (target.Node is ScalarNode { Type: ScalarType.Text })
                return PortFields.ReadName(target) is { } targetName ? new(name, protocol, number, 0, targetName) : null;
            return ReadNumber(target) is { } targetNumber ? new(name, protocol, number, targetNumber, null) : null;
        }
    }

    private static ushort? ReadNumber(Field? field) => (ushort?)field?.Integer(1, ushort.MaxValue);
}
