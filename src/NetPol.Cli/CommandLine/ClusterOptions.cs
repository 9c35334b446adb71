using System.CommandLine;
using NetPol.Cli.Clusters;

namespace NetPol.Cli.CommandLine;

/// <summary>The options that name a cluster.</summary>
internal sealed class ClusterOptions
{
    /// <summary>The namespace of the manifests.</summary>
    public const string DefaultNamespace = "netpol-system";

    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        Description = "The file that says how to reach the cluster. Without it: $KUBECONFIG, else ~/.kube/config.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _context = new("--context") { Description = "The context in it. Without it: the current one.", HelpName = "NAME" };

    /// <summary>Where NetPol itself is.</summary>
    public static Option<string> NetPolNamespace() => new("--netpol-namespace")
    {
        Description = "The namespace that NetPol is deployed in.",
        HelpName = "NAMESPACE",
        DefaultValueFactory = _ => DefaultNamespace,
    };

    public void AddTo(Command command)
    {
        command.Add(_kubeconfig);
        command.Add(_context);
    }

    public ClusterAccess Read(ParseResult result) => new(result.GetValue(_kubeconfig), result.GetValue(_context));
}
