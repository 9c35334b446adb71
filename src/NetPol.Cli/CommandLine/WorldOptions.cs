using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.Inputs;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that say which world is asked about: files, a cluster, or files on top of a cluster.</summary>
internal sealed class WorldOptions
{
    private readonly ManifestOptions _manifests = new(isRequired: false);
    private readonly ClusterOptions _cluster = new();

    public WorldOptions() =>
        _manifests.Files.Description += " Without it: the cluster. With --kubeconfig or --context too: on top of that cluster's objects.";

    public void AddTo(Command command)
    {
        _manifests.AddTo(command);
        _cluster.AddTo(command);
    }

    /// <exception cref="CommandException">Nothing is named, and there is no cluster that could be meant.</exception>
    public WorldSource Read(ParseResult result)
    {
        var manifests = ReadManifests(result);
        var cluster = ReadCluster(result);
        if (manifests.IsEmpty && !cluster.IsNamed && !ClusterAccess.HasDefault)
            throw new CommandException("nothing to read: name files with -f, or a cluster with --kubeconfig");
        return new(manifests, manifests.IsEmpty || cluster.IsNamed ? cluster : null);
    }

    public Manifests ReadManifests(ParseResult result) => _manifests.Read(result, ReadCluster(result));

    public ClusterAccess ReadCluster(ParseResult result) => _cluster.Read(result);
}
