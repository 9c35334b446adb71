using System.Text.Json;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads single Services of a running cluster.</summary>
public static class ServiceClient
{
    /// <summary>The Service as the server has it now; null when there is none of that name.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<Service?> GetAsync(KubernetesApi api, string space, string name, CancellationToken cancel) =>
        await api.GetBodyOrNullAsync($"/api/v1/namespaces/{Uri.EscapeDataString(space)}/services/{Uri.EscapeDataString(name)}", cancel).ConfigureAwait(false) is { } json
            ? Read(json)
            : null;

    /// <summary>The Services of all namespaces that can be read.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<IReadOnlyList<Service>> ListAsync(KubernetesApi api, CancellationToken cancel)
    {
        if (await api.GetBodyOrNullAsync("/api/v1/services", cancel).ConfigureAwait(false) is not { } json)
            return [];
        var (_, services) = ApiJson.ReadList(json);
        return services?.ConvertAll(s => Read(s.Json)) ?? throw new JsonException("what the server sent is no list of Services");
    }

    private static Service Read(ReadOnlyMemory<byte> json)
    {
        var faults = new List<Diagnostic>();
        return ReceivedObjectReader.ReadService(ResourceTypes.Services, json, faults) ?? throw new JsonException($"what the server sent is no Service: {string.Join("; ", faults)}");
    }
}

/// <summary>Reads the endpoints of single Services of a running cluster.</summary>
public static class EndpointsClient
{
    /// <summary>All EndpointSlices of a Service; none either where the server does not know the kind.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<IReadOnlyList<ServiceEndpoints>> ListSlicesAsync(KubernetesApi api, string space, string service, CancellationToken cancel)
    {
        var query = Uri.EscapeDataString($"{EndpointSliceReader.ServiceLabel}={service}");
        var type = ResourceTypes.EndpointSlices.Type;
        foreach (var version in type.Versions)
        {
            if (await api.GetBodyOrNullAsync($"/apis/{type.Group}/{version}/namespaces/{Uri.EscapeDataString(space)}/endpointslices?labelSelector={query}", cancel).ConfigureAwait(false) is { } json)
                return ReadSlices(json);
        }
        return [];
    }

    /// <summary>The Endpoints object of a Service; null when there is none.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<ServiceEndpoints?> GetEndpointsAsync(KubernetesApi api, string space, string service, CancellationToken cancel) =>
        await api.GetBodyOrNullAsync($"/api/v1/namespaces/{Uri.EscapeDataString(space)}/endpoints/{Uri.EscapeDataString(service)}", cancel).ConfigureAwait(false) is { } json
            ? Read(ResourceTypes.Endpoints, json)
            : null;

    private static List<ServiceEndpoints> ReadSlices(byte[] json)
    {
        var (_, slices) = ApiJson.ReadList(json);
        return slices?.ConvertAll(s => Read(ResourceTypes.EndpointSlices, s.Json)) ?? throw new JsonException("what the server sent is no list of EndpointSlices");
    }

    private static ServiceEndpoints Read(IObjectReader<ServiceEndpoints> reader, ReadOnlyMemory<byte> json)
    {
        var faults = new List<Diagnostic>();
        return ReceivedObjectReader.ReadService(reader, json, faults) ?? throw new JsonException($"what the server sent has no endpoints: {string.Join("; ", faults)}");
    }
}
