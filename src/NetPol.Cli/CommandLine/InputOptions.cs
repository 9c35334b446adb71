using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that name the objects to analyze: files, a cluster, or files on top of a cluster.</summary>
internal sealed class InputOptions(GlobalOptions global)
{
    /// <summary>How files and a cluster combine, for the help of commands.</summary>
    public const string Remarks = "Reads the files of -f and -k; without them, the cluster.\nWith --context too, it reads the cluster as if the files were applied.";

    private readonly ManifestOptions _manifests = new(global, isRequired: false);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _manifests.AddTo(command);
        global.UseCluster(command);
    }

    /// <exception cref="CommandException">The command line names no input, and there is no default cluster.</exception>
    public ClusterSource Read(ParseResult result)
    {
        var manifests = ReadManifests(result);
        var cluster = ReadCluster(result);
        if (manifests.IsEmpty && !cluster.IsNamed && !ClusterAccess.HasDefault)
            throw new CommandException("nothing to read: name files with -f, or a cluster with --kubeconfig");
        return new(manifests, manifests.IsEmpty || cluster.IsNamed ? cluster : null);
    }

    public ManifestSource ReadManifests(ParseResult result) => _manifests.Read(result);

    public ClusterAccess ReadCluster(ParseResult result) => global.Cluster(result);
}

/// <summary>The options that name manifests.</summary>
internal sealed class ManifestOptions
{
    private readonly GlobalOptions _global;
    private readonly Option<string[]> _kustomizations = SharedOptions.Files("--kustomize", "Folders to render with kubectl kustomize, which must be installed.");
    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Names or paths inside folders to skip; * matches any characters.",
        HelpName = "GLOB",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>How a command without a cluster reads its input, for its help.</summary>
    public const string Remarks = "Reads the files of -f and -k, never a cluster.";

    /// <param name="global">The global options.</param>
    /// <param name="isRequired">Whether the command has no other input.</param>
    public ManifestOptions(GlobalOptions global, bool isRequired)
    {
        _global = global;
        _kustomizations.Aliases.Add("-k");
        IsRequired = isRequired;
    }

    /// <summary><c>-f</c>.</summary>
    public Option<string[]> Files { get; } = SharedOptions.Files();

    private bool IsRequired { get; }

    public void AddTo(Command command)
    {
        command.Options.Insert(0, Files);
        command.Options.Insert(1, _kustomizations);
        command.Options.Insert(2, _exclude);
        _global.UseNamespace(command, "Namespace of objects and names that state none (default: the context's).");
        if (IsRequired)
        {
            command.Validators.Add(result =>
            {
                if (result.GetResult(Files) is null && result.GetResult(_kustomizations) is null)
                    result.AddError("nothing to read: name files with -f, or a kustomization with -k");
            });
        }
    }

    public ManifestSource Read(ParseResult result) =>
        new(result.GetValue(Files) ?? [], result.GetValue(_kustomizations) ?? [], result.GetValue(_exclude) ?? [], result.GetValue(_global.Namespace), _global.Cluster(result));
}
