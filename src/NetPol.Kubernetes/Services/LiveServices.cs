using System.Text.Json;
using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Services;

/// <summary>Reads single Services of a running cluster.</summary>
public static class LiveServices
{
    /// <summary>The Service as the server has it now; null when there is none of that name.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<Service?> ReadAsync(KubernetesApi api, string space, string name, CancellationToken cancel) =>
        await api.FindAsync($"/api/v1/namespaces/{Uri.EscapeDataString(space)}/services/{Uri.EscapeDataString(name)}", cancel).ConfigureAwait(false) is { } json
            ? Read(json)
            : null;

    /// <summary>The Services of all namespaces that can be read.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">What answers is no API server.</exception>
    public static async Task<IReadOnlyList<Service>> ListAsync(KubernetesApi api, CancellationToken cancel)
    {
        if (await api.FindAsync("/api/v1/services", cancel).ConfigureAwait(false) is not { } json)
            return [];
        using var list = JsonDocument.Parse(json);
        if (list.RootElement.ValueKind != JsonValueKind.Object || !list.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array)
            throw new JsonException("what the server sent is no list of Services");
        return [.. items.EnumerateArray().Select(i => Read(i.GetRawText()))];
    }

    private static Service Read(string json)
    {
        var faults = new List<Diagnostic>();
        return JsonDocuments.Read(json, DocumentLimits.Default, new DocumentFaults(ClusterObjects.Origin, faults))
            .Select(d => ServiceLowering.Read(ClusterObjects.Origin, d, 0, hasLines: false)).FirstOrDefault()
            ?? throw new JsonException($"what the server sent is no Service: {string.Join("; ", faults)}");
    }
}
