using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Infrastructure;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Status;

/// <summary>The reports of all replicas: one ConfigMap, a key for each.</summary>
internal sealed class ReplicaReportStore(IKubernetes kubernetes, ControllerOptions options)
{
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    public Task WriteAsync(ReplicaReport own, CancellationToken cancel) =>
        PatchAsync(new(StringComparer.Ordinal) { [options.Name] = (own with { Address = options.StreamAddress }).Write() }, cancel);

    /// <summary>Deletes the report of this replica, when it shuts down.</summary>
    public Task DeleteOwnAsync(CancellationToken cancel) => PatchAsync(new(StringComparer.Ordinal) { [options.Name] = null }, cancel);

    /// <summary>The reports that are fresh, by replica.</summary>
    public async Task<IReadOnlyDictionary<string, ReplicaReport>> ReadAsync(DateTimeOffset now, CancellationToken cancel) => Fresh(await TextsAsync(cancel), now);

    /// <summary>The reports that are fresh, by replica. Those that are long past are removed; one that cannot be read may be of a newer replica, and its time counts too.</summary>
    public async Task<IReadOnlyDictionary<string, ReplicaReport>> DeleteExpiredAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var texts = await TextsAsync(cancel);
        var expired = texts.Where(t => now - ReplicaReport.ReadTime(t.Value) > Forgotten).ToDictionary(t => t.Key, _ => (string?)null, StringComparer.Ordinal);
        if (expired.Count > 0)
            await PatchAsync(expired, cancel);
        return Fresh(texts, now);
    }

    private static SortedDictionary<string, ReplicaReport> Fresh(IEnumerable<KeyValuePair<string, string>> texts, DateTimeOffset now)
    {
        var reports = new SortedDictionary<string, ReplicaReport>(StringComparer.Ordinal);
        foreach (var (replica, text) in texts)
        {
            if (ReplicaReport.Read(text) is { } report && now - report.At <= ReplicaReport.MaxAge)
                reports[replica] = report;
        }
        return reports;
    }

    private async Task<IDictionary<string, string>> TextsAsync(CancellationToken cancel) =>
        (await kubernetes.CoreV1.ReadNamespacedConfigMapAsync(ReplicaReport.ConfigMapName, options.Namespace, cancellationToken: cancel)).Data
        ?? new Dictionary<string, string>(StringComparer.Ordinal);

    private async Task PatchAsync(Dictionary<string, string?> data, CancellationToken cancel)
    {
        try
        {
            await kubernetes.CoreV1.PatchNamespacedConfigMapAsync(
                new(JsonSerializer.Serialize(new { data }), V1Patch.PatchType.MergePatch), ReplicaReport.ConfigMapName, options.Namespace, cancellationToken: cancel);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            var first = data.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!, StringComparer.Ordinal);
            await kubernetes.CoreV1.CreateNamespacedConfigMapAsync(
                new() { Metadata = new() { Name = ReplicaReport.ConfigMapName }, Data = first }, options.Namespace, cancellationToken: cancel);
        }
    }
}
