using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.Inputs;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that say which world is asked about: files, a cluster, or files on top of a cluster.</summary>
internal sealed class WorldOptions
{
    private readonly Option<string[]> _files = SharedOptions.Files();
    private readonly ClusterOptions _cluster = new();

    public WorldOptions()
    {
        _files.Required = false;
        _files.Description += " Without it: the cluster. With --kubeconfig or --context too: on top of that cluster's objects.";
    }

    public void AddTo(Command command)
    {
        command.Options.Insert(0, _files);
        _cluster.AddTo(command);
    }

    /// <exception cref="CommandException">Nothing is named, and there is no cluster that could be meant.</exception>
    public WorldSource Read(ParseResult result)
    {
        var files = ReadFiles(result);
        var cluster = ReadCluster(result);
        if (files.Length == 0 && !cluster.IsNamed && !ClusterAccess.HasDefault)
            throw new CommandException("nothing to read: name files with -f, or a cluster with --kubeconfig");
        return new(files, files.Length == 0 || cluster.IsNamed ? cluster : null);
    }

    public string[] ReadFiles(ParseResult result) => result.GetValue(_files) ?? [];

    public ClusterAccess ReadCluster(ParseResult result) => _cluster.Read(result);
}
