using NetPol.Cli.Clusters;
using NetPol.Cli.Output;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Cli.Inputs;

/// <summary>Two worlds to compare. What nobody wrote (nodes, addresses) is filled in alike in both.</summary>
internal sealed record WorldPair(ClusterSnapshot Old, ClusterSnapshot New)
{
    /// <param name="oldFiles">The files of the old world.</param>
    /// <param name="newFiles">The files of the new one.</param>
    /// <param name="cluster">The cluster that both go on top of; null for the files alone.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="CommandException">The cluster cannot be read, or files have errors.</exception>
    public static async Task<WorldPair> LoadAsync(Manifests oldFiles, Manifests newFiles, ClusterAccess? cluster, CancellationToken cancel)
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
        WorldLoader.Tell([.. after.Diagnostics.Concat(before.Diagnostics).Distinct()]);
        var old = before.Complete();
        return new(Budgets.Isolate(old), Budgets.Isolate((after with { Snapshot = Like(old, before.Snapshot, after.Snapshot) }).Complete()));
    }

    /// <summary>The same pair with another new world, in which the policies are as given.</summary>
    public WorldPair With(Func<Policy, Policy?> change) => this with
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
