using System.Net;
using k8s;
using k8s.Autorest;
using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;

namespace NetPol.Cli.Input;

/// <summary>A running cluster: its objects, and state that only the controllers have.</summary>
/// <param name="Objects">The objects that policies depend on.</param>
/// <param name="Reports">The addresses that agents report, by node. Empty where NetPol does not run, or where the user may not read them.</param>
/// <param name="Retained">The deleted policies that controllers still enforce, by kind and name; null where no controller reports.</param>
/// <param name="Unread">Why the reports could not be read; null when they were read, or there are none.</param>
internal sealed record LiveCluster(ClusterObjects Objects, IReadOnlyDictionary<string, ValueArray<IpAddress>> Reports, RetainedReport? Retained, string? Unread)
{
    /// <exception cref="CommandException">The cluster cannot be read.</exception>
    public static async Task<LiveCluster> ReadAsync(ClusterAccess access, CancellationToken cancel)
    {
        using var api = access.Open();
        var objects = await access.AskAsync(() => ClusterObjects.ReadAsync(api, cancel));
        var retained = await ReadRetainedAsync(api, cancel);
        try
        {
            var map = await api.Client.CoreV1.ReadNamespacedConfigMapAsync(NodeAddressReports.ConfigMapName, NetPolDeployment.DefaultNamespace, cancellationToken: cancel);
            return new(objects, NodeAddressReports.Read(map.Data), retained, null);
        }
        catch (HttpOperationException refusal) when (refusal.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            var isForbidden = refusal.Response.StatusCode == HttpStatusCode.Forbidden;
            return new(objects, NodeAddressReports.Read(null), retained, isForbidden ? "the cluster does not let you read it" : null);
        }
    }

    /// <summary>Returns the loaded objects with the addresses that agents report. Warns about controller state that the API does not show.</summary>
    public LoadedManifests Complete(LoadedManifests loaded)
    {
        var pods = loaded.Snapshot.Pods.Where(p => p.IsSelectable).ToList();
        var addresses = pods.SelectMany(p => p.Addresses).ToHashSet();
        var nodes = new ReportedAddressFilter(addresses.Contains).Apply(ClusterChanges.FromEmptyTo(loaded.Snapshot), Reports).Changes.Nodes;
        return loaded with
        {
            Snapshot = new ClusterChanges { Nodes = nodes }.ApplyTo(loaded.Snapshot),
            Diagnostics = [.. loaded.Diagnostics, .. Warnings(loaded.Snapshot, pods)],
        };
    }

    private static async Task<RetainedReport?> ReadRetainedAsync(KubernetesApi api, CancellationToken cancel)
    {
        try
        {
            var now = TimeProvider.System.GetUtcNow();
            var reports = (await new NetPolDeployment(api, NetPolDeployment.DefaultNamespace).ReportsAsync(cancel)).Values.Where(r => now - r.At <= ReplicaReport.MaxAge).ToList();
            return reports.Count == 0 ? null : new([.. reports.SelectMany(r => r.Retained).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], reports.Max(r => r.RetainedLeftOut));
        }
        catch (CommandException)
        {
            // NetPol does not run there.
            return null;
        }
        catch (HttpOperationException refusal) when (refusal.Response.StatusCode == HttpStatusCode.Forbidden)
        {
            return null;
        }
    }

    private IEnumerable<Diagnostic> Warnings(ClusterSnapshot snapshot, IReadOnlyList<Pod> pods)
    {
        if (Unread is not null)
        {
            yield return new(
                "reported-addresses", Severity.Warning, null, $"ConfigMap {NetPolDeployment.DefaultNamespace}/{NodeAddressReports.ConfigMapName}", "",
                $"{Unread}: a Deny of nodes is evaluated without the addresses that agents report");
        }
        foreach (var space in snapshot.Namespaces.Where(n => n.IsTerminating))
        {
            var count = pods.Count(p => string.Equals(p.Id.Namespace, space.Name, StringComparison.Ordinal));
            if (count == 0)
                continue;
            yield return new(
                "namespace-terminating", Severity.Warning, null, $"Namespace {space.Name}", "",
                $"it is being deleted and still has {DiagnosticText.Count(count, "pod")}: controllers enforce its NetworkPolicies until the pods are deleted, even policies that the API has already deleted; {DescribeRetained(space.Name)}");
        }
    }
    private string DescribeRetained(string space)
    {
        if (Retained is null)
            return "this command does not see those policies";
        var names = Retained.Policies.Where(p => p.StartsWith($"{PolicyKind.NetworkPolicy} {space}/", StringComparison.Ordinal)).ToList();
        return (names.Count, Retained.Omitted) switch
        {
            (0, 0) => "controllers report none of those",
            (0, _) => "the controllers' reports omit some of those, and this command does not evaluate them",
            (_, 0) => $"this command does not evaluate {string.Join(", ", names)}",
            _ => $"this command does not evaluate {string.Join(", ", names)}, and the controllers' reports omit others",
        };
    }
}

/// <summary>The deleted policies that controllers still enforce for the pods of terminating namespaces.</summary>
/// <param name="Policies">By kind and name.</param>
/// <param name="Omitted">How many such policies the reports omit.</param>
internal sealed record RetainedReport(IReadOnlyList<string> Policies, int Omitted);
