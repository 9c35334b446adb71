using System.CommandLine;
using System.Runtime.CompilerServices;
using NetPol.Cli.Clusters;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that stand anywhere on the line, before or after the command, as with kubectl.</summary>
internal sealed class GlobalOptions
{
    public const string KubeconfigName = "--kubeconfig";
    public const string ContextName = "--context";

    private static readonly ConditionalWeakTable<Command, List<(Option Option, string Description)>> Used = [];

    private readonly Option<FileInfo?> _kubeconfig = new(KubeconfigName)
    {
        Description = "Kubeconfig file (default: $KUBECONFIG, else ~/.kube/config).",
        HelpName = "FILE",
        Recursive = true,
    };

    private readonly Option<string?> _context = new(ContextName) { Description = "Kubeconfig context (default: the current context).", HelpName = "NAME", Recursive = true };

    public GlobalOptions()
    {
        _context.CompletionSources.Add(completion => NameCompletion.Find(_ => Task.FromResult(Cluster(completion.ParseResult).Contexts())));
        Namespace.CompletionSources.Add(completion => NameCompletion.Namespaces(Cluster(completion.ParseResult)));
    }

    /// <summary><c>-n</c>, with kubectl's meaning.</summary>
    public Option<string?> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "Namespace (default: that of the context).",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>The namespace that NetPol itself runs in.</summary>
    public static Option<string> NetPolNamespace() => new("--netpol-namespace")
    {
        Description = $"Namespace that NetPol runs in (default: {NetPolDeployment.DefaultNamespace}).",
        HelpName = "NAME",
        DefaultValueFactory = _ => NetPolDeployment.DefaultNamespace,
    };

    /// <summary>The global options that a command uses, for its help.</summary>
    public static IEnumerable<(Option Option, string Description)> UsedBy(Command command) => Used.TryGetValue(command, out var options) ? options : [];

    public void AddTo(RootCommand root)
    {
        root.Add(Namespace);
        root.Add(_kubeconfig);
        root.Add(_context);
    }

    /// <summary>Says that a command asks a cluster.</summary>
    public void UseCluster(Command command) => Used.GetOrCreateValue(command).AddRange([(_kubeconfig, _kubeconfig.Description!), (_context, _context.Description!)]);

    /// <summary>Says that a command uses the namespace, and what for.</summary>
    public void UseNamespace(Command command, string description) => Used.GetOrCreateValue(command).Add((Namespace, description));

    /// <summary>Lets every command below this one refuse a namespace that it does not use: ignored, it would mislead.</summary>
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

    /// <summary>The cluster that the line names.</summary>
    public ClusterAccess Cluster(ParseResult result) => new(result.GetValue(_kubeconfig)?.ToString(), result.GetValue(_context));
}
