using NetPol.Cli.Clusters;
using NetPol.Cli.Output;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Inputs;

/// <summary>Where a world comes from.</summary>
/// <param name="Manifests">Files and folders; they go on top of the cluster.</param>
/// <param name="Cluster">The cluster; null for the files alone.</param>
internal sealed record WorldSource(Manifests Manifests, ClusterAccess? Cluster)
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
    public async Task<ClusterSnapshot> LoadAsync(CancellationToken cancel) => WorldLoader.Complete(await ReadAsync(cancel));
}
