using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.Inputs;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that name manifests.</summary>
internal sealed class ManifestOptions
{
    private readonly Option<string[]> _kustomizations = SharedOptions.Files("--kustomize", "A folder with a kustomization, which kubectl kustomize renders. Can be repeated.");
    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Files and folders inside of folders to pass over: a name, or with a slash a path below the folder; * stands for any characters. Can be repeated.",
        HelpName = "GLOB",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <param name="isRequired">Whether there is nothing else to read.</param>
    public ManifestOptions(bool isRequired)
    {
        _kustomizations.Aliases.Add("-k");
        IsRequired = isRequired;
    }

    /// <summary><c>-f</c>.</summary>
    public Option<string[]> Files { get; } = SharedOptions.Files();

    /// <summary><c>-n</c>, with kubectl's meaning.</summary>
    public Option<string?> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "The namespace of objects and names that do not say theirs. Without it: that of the kubeconfig's context.",
        HelpName = "NAMESPACE",
    };

    private bool IsRequired { get; }

    public void AddTo(Command command)
    {
        command.Options.Insert(0, Files);
        command.Options.Insert(1, _kustomizations);
        command.Options.Insert(2, _exclude);
        command.Options.Insert(3, Namespace);
        if (IsRequired)
        {
            command.Validators.Add(result =>
            {
                if (result.GetResult(Files) is null && result.GetResult(_kustomizations) is null)
                    result.AddError("nothing to read: name files with -f, or a kustomization with -k");
            });
        }
    }

    /// <param name="result">The command line.</param>
    /// <param name="context">Where the namespace of the context is written.</param>
    public Manifests Read(ParseResult result, ClusterAccess context) =>
        new(result.GetValue(Files) ?? [], result.GetValue(_kustomizations) ?? [], result.GetValue(_exclude) ?? [], result.GetValue(Namespace), context);
}
