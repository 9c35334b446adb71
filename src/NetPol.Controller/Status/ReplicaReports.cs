using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>The reports of all replicas: one ConfigMap, a key for each.</summary>
internal sealed class ReplicaReports(IKubernetes kubernetes, ControllerOptions options)
{
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    public Task WriteAsync(ReplicaReport own, CancellationToken cancel) =>
        PatchAsync(new(StringComparer.Ordinal) { [options.Name] = own.Write() }, cancel);

    /// <summary>Takes the own report back: this replica ends.</summary>
    public Task ForgetAsync(CancellationToken cancel) => PatchAsync(new(StringComparer.Ordinal) { [options.Name] = null }, cancel);

    /// <summary>The reports that are fresh, by replica. Those of replicas that are long gone are removed.</summary>
    public async Task<IReadOnlyDictionary<string, ReplicaReport>> ReadAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var map = await kubernetes.CoreV1.ReadNamespacedConfigMapAsync(ReplicaReport.ConfigMapName, options.Namespace, cancellationToken: cancel);
        var reports = new SortedDictionary<string, ReplicaReport>(StringComparer.Ordinal);
        var gone = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (replica, text) in map.Data ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            var report = ReplicaReport.Read(text);
            if (report is null || now - report.At > Forgotten)
                gone[replica] = null;
            else if (now - report.At <= ReplicaReport.Fresh)
                reports[replica] = report;
        }
        if (gone.Count > 0)
            await PatchAsync(gone, cancel);
        return reports;
    }

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
