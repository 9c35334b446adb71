using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Endpoints objects, the older form of EndpointSlices: the fields that route connections.</summary>
internal sealed class EndpointsReader : IObjectReader<ServiceEndpoints>
{
    public ResourceType Type { get; } = new(ServiceEndpoints.EndpointsKind, "v1", IsNamespaced: true) { AffectsPolicies = false };

    public ServiceEndpoints Read(ObjectHeader header)
    {
        var body = header.Body;
        var subsets = (body["subsets"]?.Items() ?? []).Select(s => s.Object()).OfType<ObjectNode>().Select(s => ReadSubset(s, header.Namespace)).ToValueArray();
        body.WarnOnTypos();
        return new(Type.Kind, header.Id, header.Namespace, header.Name, subsets, header.Report.Diagnostics);
    }

    private static EndpointSubset ReadSubset(ObjectNode subset, string place)
    {
        var endpoints = new List<ServiceEndpoint>();
        foreach (var item in (subset["addresses"]?.Items() ?? []).Concat(subset["notReadyAddresses"]?.Items() ?? []))
        {
            if (item.Object() is not { } endpoint)
                continue;
            var pod = EndpointFields.ReadPod(endpoint, place);
            if (endpoint.Required("ip", "write the endpoint's address") is { } field && EndpointFields.ReadAddress(field, family: null) is { } address)
                endpoints.Add(new(address, pod));
        }
        var ports = EndpointFields.ReadPorts(subset);
        subset.WarnOnTypos();
        return new(endpoints.ToValueArray(), ports);
    }
}

/// <summary>Reads EndpointSlices: the fields that route connections.</summary>
internal sealed class EndpointSliceReader : IObjectReader<ServiceEndpoints>
{
    /// <summary>Says whose endpoints a slice holds.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    private const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private const string MirroringController = "endpointslicemirroring-controller.k8s.io";

    /// <summary>Both versions have the same fields here.</summary>
    public ResourceType Type { get; } = new("EndpointSlice", "discovery.k8s.io/v1", IsNamespaced: true) { OlderVersion = "v1beta1", AffectsPolicies = false };

    public ServiceEndpoints Read(ObjectHeader header)
    {
        var body = header.Body;
        if (header.Labels[ServiceLabel] is not { Length: > 0 } service)
        {
            var metadata = body["metadata"]!.Value;
            header.Report.Warning("missing-label", metadata.Line, metadata.Path.Field("labels"), $"it belongs to no Service: add the label {ServiceLabel} with the Service's name");
            return new(Type.Kind, header.Id, header.Namespace, null, [], header.Report.Diagnostics);
        }
        var (subset, hostNames) = ReadContent(body, header.Namespace);
        body.WarnOnTypos();
        return new(Type.Kind, header.Id, header.Namespace, service, subset is null ? [] : [subset], header.Report.Diagnostics)
        {
            IsMirror = string.Equals(header.Labels[ManagedByLabel], MirroringController, StringComparison.Ordinal),
            HostNames = hostNames,
        };
    }

    private static (EndpointSubset? Addresses, ValueArray<string> HostNames) ReadContent(ObjectNode body, string place)
    {
        var type = body.Required("addressType", "write IPv4 or IPv6");
        var ports = EndpointFields.ReadPorts(body);
        var written = ReadEndpoints(body, place).ToList();
        switch (type?.Text())
        {
            case "IPv4":
                return (new(ReadAddresses(written, IpFamily.V4), ports), []);
            case "IPv6":
                return (new(ReadAddresses(written, IpFamily.V6), ports), []);
            case "FQDN":
                return (null, written.Select(w => w.Address.Text()).OfType<string>().ToValueArray());
            case { } other:
                type.Value.Error("invalid-value", $"{ScalarNode.Quote(other)} is not a type of addresses: write IPv4, IPv6 or FQDN");
                return (null, []);
            default:
                return (null, []);
        }
    }

    private static IEnumerable<(Field Address, PodId? Pod)> ReadEndpoints(ObjectNode body, string place)
    {
        foreach (var item in body["endpoints"]?.Items() ?? [])
        {
            if (item.Object() is not { } endpoint)
                continue;
            var pod = EndpointFields.ReadPod(endpoint, place);
            foreach (var address in endpoint.Required("addresses", "write the endpoint's addresses")?.Items() ?? [])
                yield return (address, pod);
            endpoint.WarnOnTypos();
        }
    }

    private static ValueArray<ServiceEndpoint> ReadAddresses(IEnumerable<(Field Address, PodId? Pod)> written, IpFamily family) =>
        written.Select(w => EndpointFields.ReadAddress(w.Address, family) is { } address ? new ServiceEndpoint(address, w.Pod) : null).OfType<ServiceEndpoint>().ToValueArray();
}

/// <summary>Helpers for both forms of endpoints.</summary>
internal static class EndpointFields
{
    /// <summary>Unspecified, loopback and link-local addresses. No API server accepts an endpoint with such an address.</summary>
    private static readonly Cidr[] Unreachable =
    [
        Cidr.Parse("0.0.0.0/32"), Cidr.Parse("127.0.0.0/8"), Cidr.Parse("169.254.0.0/16"), Cidr.Parse("224.0.0.0/24"),
        Cidr.Parse("::/128"), Cidr.Parse("::1/128"), Cidr.Parse("fe80::/10"), Cidr.Parse("ff02::/16"),
    ];

    /// <summary>An address; null when it is none that an endpoint may have.</summary>
    /// <param name="field">The text.</param>
    /// <param name="family">The one family that it may be of; null for either.</param>
    public static IpAddress? ReadAddress(Field field, IpFamily? family)
    {
        if (field.Text() is not { } text)
            return null;
        if (!IpAddress.TryParse(text, out var address) || (family is { } wanted && address.Family != wanted))
        {
            field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an {FamilyName(family)} address: write one such as {(family == IpFamily.V6 ? "fd00::7" : "192.0.2.7")}");
            return null;
        }
        if (Array.Exists(Unreachable, network => network.Contains(address)))
        {
            field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an address that every node can reach: write that of another host");
            return null;
        }
        return address;
    }

    /// <summary>The pod that <c>targetRef</c> names; null where it is missing or names something else.</summary>
    public static PodId? ReadPod(ObjectNode endpoint, string place)
    {
        if (endpoint["targetRef"]?.Object() is not { } target || target["kind"]?.Text() is not "Pod" || target["name"]?.Text() is not { Length: > 0 } name)
            return null;
        return new(target["namespace"]?.Text() is { Length: > 0 } other ? other : place, name);
    }

    /// <summary>The ports, without those that have no number, or none that can be read.</summary>
    public static ValueArray<EndpointPort> ReadPorts(ObjectNode fields) =>
        (fields["ports"]?.Items() ?? []).Select(p => p.Object()).OfType<ObjectNode>().Select(ReadPort).OfType<EndpointPort>().ToValueArray();

    private static EndpointPort? ReadPort(ObjectNode fields)
    {
        var name = fields["name"]?.Text() ?? "";
        var protocol = PortFields.ReadProtocol(fields);
        var number = fields["port"]?.Integer(1, ushort.MaxValue);
        fields.WarnOnTypos();
        return protocol is { } known && number is { } port ? new(name, known, (ushort)port) : null;
    }

    private static string FamilyName(IpFamily? family) => family switch
    {
        IpFamily.V4 => "IPv4",
        IpFamily.V6 => "IPv6",
        _ => "IP",
    };
}
