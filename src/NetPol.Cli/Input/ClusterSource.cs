using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Cli.Input;

/// <summary>Where a world comes from.</summary>
/// <param name="Manifests">Files and folders; they go on top of the cluster.</param>
/// <param name="Cluster">The cluster; null for the files alone.</param>
internal sealed record ClusterSource(ManifestSource Manifests, ClusterAccess? Cluster)
{
    /// <summary>Reads what there is without judging it.</summary>
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

    /// <summary>A complete world; what there is to say about the objects goes to standard error.</summary>
    /// <exception cref="CommandException">The cluster cannot be read, or the files have errors.</exception>
    public async Task<ClusterSnapshot> LoadAsync(CancellationToken cancel) => ClusterLoader.Complete(await ReadAsync(cancel));
}

/// <summary>Manifests in, a complete world out.</summary>
internal static class ClusterLoader
{
    /// <summary>Loads and completes a world; what the loader has to say goes to standard error.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static ClusterSnapshot Load(ManifestSource manifests, int? nodes = null)
    {
        using var progress = new ProgressLine();
        progress.Show("reading the files");
        var loaded = manifests.Read(nodes: nodes);
        progress.Clear();
        return Complete(loaded);
    }

    /// <summary>Completes a world; what the loader has to say goes to standard error.</summary>
    /// <exception cref="CommandException">
    /// The files have errors: a world that is half understood is not judged, since what was left out could be a denial. A cluster's objects
    /// are as they are, and judged as the controller judges them.
    /// </exception>
    public static ClusterSnapshot Complete(LoadedManifests loaded)
    {
        ReportDiagnostics(loaded.Diagnostics);
        return NamespaceBudgets.Isolate(loaded.Complete());
    }

    /// <summary>Says what the loader has to say.</summary>
    /// <exception cref="CommandException">The files have errors.</exception>
    public static void ReportDiagnostics(IReadOnlyCollection<Diagnostic> diagnostics)
    {
        DiagnosticText.Write(Terminal.Error(), diagnostics);
        var errors = diagnostics.Count(d => d.Severity == Severity.Error && d.Location is not { File: ClusterObjects.Origin, Line: 0 });
        if (errors > 0)
            throw new CommandException($"{DiagnosticText.Count(errors, "error")} in the files: nothing was done");
    }
}

/// <summary>Two worlds to compare. What nobody wrote (nodes, addresses) is filled in alike in both.</summary>
internal sealed record ClusterPair(ClusterSnapshot Old, ClusterSnapshot New)
{
    /// <param name="oldFiles">The files of the old world.</param>
    /// <param name="newFiles">The files of the new one.</param>
    /// <param name="cluster">The cluster that both go on top of; null for the files alone.</param>
    /// <param name="cancel">Ends the reading.</param>
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
        // What is said of both is said once.
        ClusterLoader.ReportDiagnostics([.. after.Diagnostics.Concat(before.Diagnostics).Distinct()]);
        var old = before.Complete();
        return new(NamespaceBudgets.Isolate(old), NamespaceBudgets.Isolate((after with { Snapshot = Like(old, before.Snapshot, after.Snapshot) }).Complete()));
    }

    /// <summary>The same pair with another new world, in which the policies are as given.</summary>
    public ClusterPair With(Func<Policy, Policy?> change) => this with
    {
        New = ClusterSnapshot.Create(New.Namespaces, New.Pods, New.Nodes, New.Policies.Select(change).OfType<Policy>()),
    };

    /// <summary>A new world whose pods and nodes have what the old world's completion gave to those of their names.</summary>
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
