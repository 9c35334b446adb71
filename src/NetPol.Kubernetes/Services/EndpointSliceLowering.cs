using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Services;

/// <summary>Reads EndpointSlices as far as they say where a connection goes.</summary>
internal static class EndpointSliceLowering
{
    /// <summary>Says whose endpoints a slice holds.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    private const string MakerLabel = "endpointslice.kubernetes.io/managed-by";
    private const string Mirror = "endpointslicemirroring-controller.k8s.io";

    /// <summary>In the order of preference. What is read here is alike in both.</summary>
    public static readonly string[] ApiVersions = ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"];

    private static readonly KnownKind Kind = new("EndpointSlice", ApiVersions[0], IsNamespaced: true, (_, _) => { });

    public static bool Is(string kind, string apiVersion) =>
        string.Equals(kind, Kind.Name, StringComparison.Ordinal) && ApiVersions.Contains(apiVersion, StringComparer.Ordinal);

    public static ServiceEndpoints Read(string file, DocumentNode document, int line, bool hasLines = true)
    {
        var faults = new List<Diagnostic>();
        var report = new Report(file, faults, hasLines) { Subject = Kind.Name };
        if (new Field(document, line, FieldPath.Root, report).Object() is not { } body || MetadataReader.Read(Kind, body) is not { } header)
            return new(Kind.Name, "", "", null, [], faults.ToValueArray());
        report.Subject = $"{Kind.Name} {header.Id}";
        if (header.Labels[ServiceLabel] is not { Length: > 0 } service)
        {
            var metadata = body["metadata"]!.Value;
            report.Warning("missing-label", metadata.Line, metadata.Path.Field("labels"), $"it is of no Service: write the label {ServiceLabel} with the Service's name");
            return new(Kind.Name, header.Id, header.Namespace, null, [], faults.ToValueArray());
        }
        var (subset, hostNames) = Content(body, header.Namespace);
        body.CloseLoosely();
        return new(Kind.Name, header.Id, header.Namespace, service, subset is null ? [] : [subset], faults.ToValueArray())
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
