using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads EndpointSlices as far as they say where a connection goes.</summary>
internal sealed class EndpointSliceReader : IObjectReader<ServiceEndpoints>
{
    /// <summary>Says whose endpoints a slice holds.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    private const string MakerLabel = "endpointslice.kubernetes.io/managed-by";
    private const string Mirror = "endpointslicemirroring-controller.k8s.io";

    /// <summary>What is read here is alike in both versions.</summary>
    public ResourceType Type { get; } = new("EndpointSlice", "discovery.k8s.io/v1", IsNamespaced: true) { OlderVersion = "v1beta1", AffectsPolicies = false };

    public ServiceEndpoints Read(ObjectHeader header)
    {
        var body = header.Body;
        if (header.Labels[ServiceLabel] is not { Length: > 0 } service)
        {
            var metadata = body["metadata"]!.Value;
            header.Report.Warning("missing-label", metadata.Line, metadata.Path.Field("labels"), $"it is of no Service: write the label {ServiceLabel} with the Service's name");
            return new(Type.Kind, header.Id, header.Namespace, null, [], header.Report.Diagnostics);
        }
        var (subset, hostNames) = Content(body, header.Namespace);
        body.CloseLoosely();
        return new(Type.Kind, header.Id, header.Namespace, service, subset is null ? [] : [subset], header.Report.Diagnostics)
        {
            IsMirror = string.Equals(header.Labels[MakerLabel], Mirror, StringComparison.Ordinal),
            HostNames = hostNames,
        };
    }

    private static (EndpointSubset? Addresses, ValueArray<string> HostNames) Content(Fields body, string place)
    {
        var type = body.Required("addressType", "write IPv4 or IPv6");
        var ports = EndpointFields.Ports(body);
        var written = Written(body, place).ToList();
        switch (type?.Text())
        {
            case "IPv4":
                return (new(Addresses(written, IpFamily.V4), ports), []);
            case "IPv6":
                return (new(Addresses(written, IpFamily.V6), ports), []);
            case "FQDN":
                return (null, written.Select(w => w.Address.Text()).OfType<string>().ToValueArray());
            case { } other:
                type.Value.Error("invalid-value", $"{ScalarNode.Quote(other)} is not a type of addresses: write IPv4, IPv6 or FQDN");
                return (null, []);
            default:
                return (null, []);
        }
    }

    private static IEnumerable<(Field Address, PodId? Pod)> Written(Fields body, string place)
    {
        foreach (var item in body["endpoints"]?.Items() ?? [])
        {
            if (item.Object() is not { } endpoint)
                continue;
            var pod = EndpointFields.Pod(endpoint, place);
            foreach (var address in endpoint.Required("addresses", "write the endpoint's addresses")?.Items() ?? [])
                yield return (address, pod);
            endpoint.CloseLoosely();
        }
    }

    private static ValueArray<ServiceEndpoint> Addresses(IEnumerable<(Field Address, PodId? Pod)> written, IpFamily family) =>
        written.Select(w => EndpointFields.Address(w.Address, family) is { } address ? new ServiceEndpoint(address, w.Pod) : null).OfType<ServiceEndpoint>().ToValueArray();
}
