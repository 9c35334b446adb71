using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Kubernetes.Services;
using NetPol.Model;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Endpoints objects, which came before EndpointSlices, as far as they say where a connection goes.</summary>
internal sealed class EndpointsReader : IObjectReader<ServiceEndpoints>
{
    public ResourceType Type { get; } = new(ServiceEndpoints.EndpointsKind, "v1", IsNamespaced: true) { AffectsPolicies = false };

    public ServiceEndpoints Read(ObjectHeader header)
    {
        var body = header.Body;
        var subsets = (body["subsets"]?.Items() ?? []).Select(s => s.Object()).OfType<Fields>().Select(s => Subset(s, header.Namespace)).ToValueArray();
        body.CloseLoosely();
        return new(Type.Kind, header.Id, header.Namespace, header.Name, subsets, header.Report.Diagnostics);
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
