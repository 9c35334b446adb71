using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Cli.Input;

/// <summary>The input of a command: files, a cluster, or files on top of a cluster.</summary>
/// <param name="Manifests">The files and folders; they override the cluster's objects.</param>
/// <param name="Cluster">The cluster; null for files alone.</param>
internal sealed record ClusterSource(ManifestSource Manifests, ClusterAccess? Cluster)
{
    /// <summary>Reads the input without rejecting errors in it.</summary>
    /// <exception cref="CommandException">The cluster cannot be read.</exception>
    public async Task<LoadedManifests> ReadAsync(CancellationToken cancel)
    {
        using var progress = new ProgressLine();
        LiveCluster? beneath = null;
        if (Cluster is not null)
        {
            progress.Show("reading the cluster");
            beneath = await LiveCluster.ReadAsync(Cluster, cancel);
        }
        progress.Show("reading the files");
        return Manifests.Read(beneath);
    }

    /// <summary>Returns the completed cluster. Prints diagnostics to standard error.</summary>
    /// <exception cref="CommandException">The cluster cannot be read, or the files have errors.</exception>
    public async Task<ClusterSnapshot> LoadAsync(CancellationToken cancel) => ClusterLoader.Complete(await ReadAsync(cancel));
}

/// <summary>Loads manifests and completes them to a cluster.</summary>
internal static class ClusterLoader
{
    /// <summary>Loads and completes a cluster. Prints diagnostics to standard error.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static ClusterSnapshot Load(ManifestSource manifests, int? nodes = null)
    {
        using var progress = new ProgressLine();
        progress.Show("reading the files");
        var loaded = manifests.Read(nodes: nodes);
        progress.Clear();
        return Complete(loaded);
    }

    /// <summary>Completes a cluster. Prints diagnostics to standard error.</summary>
    /// <exception cref="CommandException">
    /// The files have errors. Evaluating the rest would be wrong, since the part with errors could be a denial. The objects of a live cluster raise no
    /// error: they are evaluated as the controller evaluates them.
    /// </exception>
    public static ClusterSnapshot Complete(LoadedManifests loaded)
    {
        ReportDiagnostics(loaded.Diagnostics);
        return NamespaceBudgets.Isolate(loaded.Complete());
    }

    /// <summary>Prints the diagnostics to standard error.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static void ReportDiagnostics(IReadOnlyCollection<Diagnostic> diagnostics)
    {
        DiagnosticText.Write(Terminal.Error(), diagnostics);
        var errors = diagnostics.Count(d => d.Severity == Severity.Error && d.Location is not { File: ClusterObjects.Origin, Line: 0 });
        if (errors > 0)
            throw new CommandException($"{DiagnosticText.Count(errors, "error")} in the files: nothing was done");
    }
}

/// <summary>Two clusters to compare. Node names and addresses that the files omit are assigned alike in both.</summary>
internal sealed record ClusterPair(ClusterSnapshot Old, ClusterSnapshot New)
{
    /// <param name="oldFiles">The files of the old cluster.</param>
    /// <param name="newFiles">The files of the new cluster.</param>
    /// <param name="cluster">The live cluster beneath both; null for files alone.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="CommandException">The cluster cannot be read, or files have errors.</exception>
    public static async Task<ClusterPair> LoadAsync(ManifestSource oldFiles, ManifestSource newFiles, ClusterAccess? cluster, CancellationToken cancel)
    {
        using var progress = new ProgressLine();
        LiveCluster? beneath = null;
        if (cluster is not null)
        {
            progress.Show("reading the cluster");
            beneath = await LiveCluster.ReadAsync(cluster, cancel);
        }
        progress.Show("reading the files");
        LoadedManifests before = oldFiles.Read(beneath), after = newFiles.Read(beneath);
        progress.Clear();
        // Print diagnostics common to both sides once.
        ClusterLoader.ReportDiagnostics([.. after.Diagnostics.Concat(before.Diagnostics).Distinct()]);
        var old = before.Complete();
        return new(NamespaceBudgets.Isolate(old), NamespaceBudgets.Isolate((after with { Snapshot = Like(old, before.Snapshot, after.Snapshot) }).Complete()));
    }

    /// <summary>Returns the pair with other policies in the new cluster.</summary>
    public ClusterPair With(Func<Policy, Policy?> change) => this with
    {
        New = ClusterSnapshot.Create(New.Namespaces, New.Pods, New.Nodes, New.Policies.Select(change).OfType<Policy>()),
    };

    /// <summary>Returns the new cluster with the values that completion assigned to pods and nodes of the same names in the old cluster.</summary>
    private static ClusterSnapshot Like(ClusterSnapshot completed, ClusterSnapshot before, ClusterSnapshot after)
    {
        var pods = completed.Pods.ToDictionary(p => p.Id);
        var nodes = completed.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        var known = before.Nodes.Concat(after.Nodes).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        return ClusterSnapshot.Create(
            after.Namespaces,
            after.Pods.Select(p => pods.TryGetValue(p.Id, out var same) && !p.Finished ? p with { Node = p.Node ?? same.Node, Addresses = Given(p.Addresses, same.Addresses) } : p),
            after.Nodes.Select(n => nodes.TryGetValue(n.Name, out var same) ? n with { Addresses = Given(n.Addresses, same.Addresses) } : n)
                .Concat(completed.Nodes.Where(n => !known.Contains(n.Name))),
            after.Policies);
    }

    private static ValueArray<IpAddress> Given(ValueArray<IpAddress> written, ValueArray<IpAddress> completed) => written.IsEmpty ? completed : written;
}
