using System.Text.Json;
using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Services;

/// <summary>Reads the endpoints of single Services of a running cluster.</summary>
public static class LiveEndpoints
{
    /// <summary>All EndpointSlices of a Service; none either where the server does not know the kind.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<IReadOnlyList<ServiceEndpoints>> SlicesAsync(KubernetesApi api, string space, string service, CancellationToken cancel)
    {
        var query = Uri.EscapeDataString($"{EndpointSliceLowering.ServiceLabel}={service}");
        foreach (var version in EndpointSliceLowering.ApiVersions)
        {
            if (await api.FindAsync($"/apis/{version}/namespaces/{Uri.EscapeDataString(space)}/endpointslices?labelSelector={query}", cancel).ConfigureAwait(false) is { } json)
                return Slices(json);
        }
        return [];
    }

    /// <summary>The Endpoints object of a Service; null when there is none.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<ServiceEndpoints?> WholeAsync(KubernetesApi api, string space, string service, CancellationToken cancel) =>
        await api.FindAsync($"/api/v1/namespaces/{Uri.EscapeDataString(space)}/endpoints/{Uri.EscapeDataString(service)}", cancel).ConfigureAwait(false) is { } json
            ? Read(json, d => EndpointsLowering.Read(ClusterObjects.Origin, d, 0, hasLines: false))
            : null;

    private static List<ServiceEndpoints> Slices(string json)
    {
        using var list = JsonDocument.Parse(json);
        if (list.RootElement.ValueKind != JsonValueKind.Object || !list.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array)
            throw new JsonException("what the server sent is no list of EndpointSlices");
        return [.. items.EnumerateArray().Select(i => Read(i.GetRawText(), d => EndpointSliceLowering.Read(ClusterObjects.Origin, d, 0, hasLines: false)))];
    }

    private static ServiceEndpoints Read(string json, Func<DocumentNode, ServiceEndpoints> lower)
    {
        var faults = new List<Diagnostic>();
        return JsonDocuments.Read(json, DocumentLimits.Default, new DocumentFaults(ClusterObjects.Origin, faults)).Select(lower).FirstOrDefault() is { Id.Length: > 0 } read
            ? read
            : throw new JsonException($"what the server sent has no endpoints: {string.Join("; ", faults)}");
    }
}
