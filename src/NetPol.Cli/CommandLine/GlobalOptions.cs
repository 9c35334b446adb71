using System.CommandLine;
using System.Runtime.CompilerServices;
using NetPol.Cli.Clusters;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that can precede or follow the command, as with kubectl.</summary>
internal sealed class GlobalOptions
{
    public const string KubeconfigName = "--kubeconfig";
    public const string ContextName = "--context";

    private static readonly ConditionalWeakTable<Command, List<(Option Option, string Description)>> Used = [];

    private readonly Option<FileInfo?> _kubeconfig = new(KubeconfigName)
    {
        Description = "Kubeconfig (default: $KUBECONFIG, else ~/.kube/config).",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> _context = new(ContextName) { Description = "Kubeconfig context (default: the current context).", HelpName = "NAME", Recursive = true };

    public GlobalOptions()
    {
        _context.CompletionSources.Add(completion => NameCompletion.Find(_ => Task.FromResult(Cluster(completion.ParseResult).Contexts())));
        Namespace.CompletionSources.Add(completion => NameCompletion.Namespaces(Cluster(completion.ParseResult)));
    }

    /// <summary><c>-n</c>, as in kubectl.</summary>
    public Option<string?> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "Namespace (default: that of the context).",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>Creates the option for the namespace that NetPol itself runs in.</summary>
    public static Option<string> NetPolNamespace() => new("--netpol-namespace")
    {
        Description = $"Namespace that NetPol runs in (default: {NetPolDeployment.DefaultNamespace}).",
        HelpName = "NAME",
        DefaultValueFactory = _ => NetPolDeployment.DefaultNamespace,
    };

    /// <summary>Returns the global options that a command uses, for its help; empty when it uses none.</summary>
    public static IEnumerable<(Option Option, string Description)> UsedBy(Command command) => Used.TryGetValue(command, out var options) ? options : [];

    public void AddTo(RootCommand root)
    {
        root.Add(Namespace);
        root.Add(_kubeconfig);
        root.Add(_context);
    }

    /// <summary>Registers that a command accesses a cluster.</summary>
    public void UseCluster(Command command) => Used.GetOrCreateValue(command).AddRange([(_kubeconfig, _kubeconfig.Description!), (_context, _context.Description!)]);

    /// <summary>Registers that a command uses the namespace, with the description for its help.</summary>
    public void UseNamespace(Command command, string description) => Used.GetOrCreateValue(command).Add((Namespace, description));

    /// <summary>Makes the commands below this one reject a namespace that they do not use. Ignoring it would mislead the user.</summary>
    public void RefuseUnused(Command command)
    {
        foreach (var below in command.Subcommands)
            RefuseUnused(below);
        if (command.Subcommands.Count > 0 || UsedBy(command).Any(u => u.Option == Namespace))
            return;
        command.Validators.Add(result =>
        {
            if (result.GetResult(Namespace) is not null)
                result.AddError($"-n: {command.Name} does not use a namespace{(command.Options.Count == 0 ? "" : $"; its options are {string.Join(", ", command.Options.Select(o => o.Name))}")}");
        });
    }

    /// <summary>Returns the cluster that the command line names.</summary>
    public ClusterAccess Cluster(ParseResult result) => new(result.GetValue(_kubeconfig)?.ToString(), result.GetValue(_context));
}
