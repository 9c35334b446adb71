using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Services;

/// <summary>Reads Endpoints objects, which came before EndpointSlices, as far as they say where a connection goes.</summary>
internal static class EndpointsLowering
{
    public static readonly KnownKind Kind = new("Endpoints", "v1", IsNamespaced: true, (_, _) => { });

    public static bool Is(string kind, string apiVersion) =>
        string.Equals(kind, Kind.Name, StringComparison.Ordinal) && string.Equals(apiVersion, Kind.ApiVersion, StringComparison.Ordinal);

    public static ServiceEndpoints Read(string file, DocumentNode document, int line, bool hasLines = true)
    {
        var faults = new List<Diagnostic>();
        var report = new Report(file, faults, hasLines) { Subject = Kind.Name };
        if (new Field(document, line, FieldPath.Root, report).Object() is not { } body || MetadataReader.Read(Kind, body) is not { } header)
            return new(Kind.Name, "", "", null, [], faults.ToValueArray());
        report.Subject = $"{Kind.Name} {header.Id}";
        var subsets = (body["subsets"]?.Items() ?? []).Select(s => s.Object()).OfType<Fields>().Select(s => Subset(s, header.Namespace)).ToValueArray();
        body.CloseLoosely();
        return new(Kind.Name, header.Id, header.Namespace, header.Name, subsets, faults.ToValueArray());
    }

    private static EndpointSubset Subset(Fields subset, string place)
    {
        var endpoints = new List<ServiceEndpoint>();
        foreach (var item in (subset["addresses"]?.Items() ?? []).Concat(subset["notReadyAddresses"]?.Items() ?? []))
        {
            if (item.Object() is not { } endpoint)
                continue;
            var pod = EndpointFields.Pod(endpoint, place);
            if (endpoint.Required("ip", "write the endpoint's address") is { } field && EndpointFields.Address(field, family: null) is { } address)
                endpoints.Add(new(address, pod));
        }
        var ports = EndpointFields.Ports(subset);
        subset.CloseLoosely();
        return new(endpoints.ToValueArray(), ports);
    }
}
