using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace NetPol.Controller.Status;

/// <summary>The reports of all replicas: one ConfigMap, a key for each.</summary>
internal sealed class ReplicaReports(IKubernetes kubernetes, ControllerOptions options)
{
    public const string ConfigMapName = "netpol-state";
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Task WriteAsync(ReplicaReport own, CancellationToken cancel) =>
        PatchAsync(new(StringComparer.Ordinal) { [options.Name] = JsonSerializer.Serialize(own, Json) }, cancel);

    /// <summary>The reports that are fresh, by replica. Those of replicas that are long gone are removed.</summary>
    public async Task<IReadOnlyDictionary<string, ReplicaReport>> ReadAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var map = await kubernetes.CoreV1.ReadNamespacedConfigMapAsync(ConfigMapName, options.Namespace, cancellationToken: cancel);
        var reports = new SortedDictionary<string, ReplicaReport>(StringComparer.Ordinal);
        var gone = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (replica, text) in map.Data ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            var report = Read(text);
            if (report is null || now - report.At > Forgotten)
                gone[replica] = null;
            else if (now - report.At <= Fresh)
                reports[replica] = report;
        }
        if (gone.Count > 0)
            await PatchAsync(gone, cancel);
        return reports;
    }

    private static ReplicaReport? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<ReplicaReport>(text, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task PatchAsync(Dictionary<string, string?> data, CancellationToken cancel)
    {
        try
        {
            await kubernetes.CoreV1.PatchNamespacedConfigMapAsync(
                new(JsonSerializer.Serialize(new { data }), V1Patch.PatchType.MergePatch), ConfigMapName, options.Namespace, cancellationToken: cancel);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            var first = data.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!, StringComparer.Ordinal);
            await kubernetes.CoreV1.CreateNamespacedConfigMapAsync(
                new() { Metadata = new() { Name = ConfigMapName }, Data = first }, options.Namespace, cancellationToken: cancel);
        }
    }
}
