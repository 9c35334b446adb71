using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.Inputs;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that name the objects to analyze: files, a cluster, or files on top of a cluster.</summary>
internal sealed class WorldOptions(GlobalOptions global)
{
    /// <summary>How files and a cluster go together, for the help of commands.</summary>
    public const string Remarks = "Without -f, it reads the cluster. With -f and --context, the files go on top of the cluster.";

    private readonly ManifestOptions _manifests = new(global, isRequired: false);

    /// <summary>Adds the options to a command; its help says how files and a cluster go together.</summary>
    public void AddTo(Command command)
    {
        _manifests.AddTo(command);
        global.UseCluster(command);
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

    public Manifests ReadManifests(ParseResult result) => _manifests.Read(result);

    public ClusterAccess ReadCluster(ParseResult result) => global.Cluster(result);
}
