using System.CommandLine;
using System.CommandLine.Help;
using NetPol.Cli.CommandLine;

namespace NetPol.Cli.Commands;

/// <summary>Puts the commands together.</summary>
internal static class RootCommandFactory
{
    private const string Examples = """
        Is anything wrong with these policies?
          netpol check -f policies/

        Who reaches whom, on the ports that the pods declare?
          netpol matrix -f policy-samples/three-tier

        Why can web not talk to the database?
          netpol explain -f policy-samples/three-tier --from shop/web-1 --to data/db-0 --port 5432/TCP

        What would this policy open and close in the cluster?
          netpol diff -f new-policy.yaml

        Does every node of the cluster enforce what is now true?
          netpol status

        What is denied just now, and by which policy?
          netpol logs -f --denied

        Is that what the kernel does with real packets? (as root)
          netpol lab run -f policy-samples/three-tier
        """;

    public static RootCommand Create()
    {
        var examples = new Dictionary<Command, string>();
        var root = new RootCommand("Kubernetes network policies: checked, explained, compiled to nftables, tried on real packets without a cluster, and followed in one.");
        examples.Add(root, Examples);
        foreach (var (command, text) in new[]
        {
            CheckCommand.Create(), ExplainCommand.Create(), MatrixCommand.Create(), DiffCommand.Create(), UnusedCommand.Create(), RulesCommand.Create(),
            RenderCommand.Create(), LabCommand.Create(examples), StatusCommand.Create(), WatchCommand.Create(), LogsCommand.Create(), CompletionCommand.Create(),
        })
        {
            root.Add(command);
            examples.Add(command, text);
        }
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show help: what a command does, its options, and examples.";
        help.Aliases.Remove("/?");
        help.Aliases.Remove("/h");
        help.Action = new HelpWithExamples((HelpAction)help.Action!, examples);
        root.Options.OfType<VersionOption>().Single().Description = "Show the version.";
        return root;
    }
}
