using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Cli.Rules;

/// <summary><c>netpol rules</c>: prints the rule sets that the policies compile to.</summary>
internal static class RulesCommand
{
    private const string Examples = """
        netpol rules -f policy-samples/three-tier
        netpol rules -f policy-samples/three-tier --node node-1 -o json
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var node = NodeOption.Create("Node to show (default: every node).", required: false, result => NameCompletion.Nodes(() => options.Read(result)));
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("rules", "Show the compiled rules of each node: peers, ports and decisions.")
        {
            Remarks = InputOptions.Remarks,
            Examples = Examples,
        };
        command.Add(node);
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var cluster = await options.Read(result).LoadAsync(cancel);
            InputRequirements.RequirePods([cluster], "there is nothing to show");
            var name = result.GetValue(node) is { } asked ? NodeOption.Existing(cluster, asked) : null;
            (cluster, var ruleSets) = CompileCheck.Compile<NodeRuleSet[]>(cluster, w => name is null ? [.. PolicyCompiler.Compile(w)] : [PolicyCompiler.CompileNode(w, name)]);
            Write(ruleSets, cluster, result.GetRequiredValue(output));
        });
        return command;
    }

    private static void Write(NodeRuleSet[] ruleSets, ClusterSnapshot cluster, OutputFormat format)
    {
        if (format != OutputFormat.Text)
        {
            DocumentWriter.Write(format, RuleSetDocument.Create(ruleSets));
            return;
        }
        for (var i = 0; i < ruleSets.Length; i++)
        {
            if (i > 0)
                Console.WriteLine();
            RuleSetText.Write(Console.Out, ruleSets[i], cluster);
        }
    }
}

/// <summary><c>netpol render</c>: prints the nftables objects that the kernel gets.</summary>
internal static class RenderCommand
{
    private const string Examples = """
        netpol render -f policy-samples/three-tier --node node-1
        netpol render -f policy-samples/three-tier --node node-1 | nft -c -f -
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var manifests = new ManifestOptions(global, isRequired: true);
        var node = NodeOption.Create("Node to render.", required: true, result => NameCompletion.Nodes(() => new(manifests.Read(result), null)));
        var command = new NetPolCommand("render", "Print the nftables table of a node in the syntax of nft -f.")
        {
            Remarks = ManifestOptions.Remarks,
            Examples = Examples,
        };
        command.Add(node);
        manifests.AddTo(command);
        command.SetAction(result =>
        {
            var cluster = ClusterLoader.Load(manifests.Read(result));
            InputRequirements.RequirePods([cluster], "there is nothing to render");
            var name = NodeOption.Existing(cluster, result.GetRequiredValue(node));
            var (_, rules) = CompileCheck.Compile(cluster, w => PolicyCompiler.CompileNode(w, name));
            Console.Out.Write(NftText.Write(Renderer.Render(rules)));
        });
        return command;
    }
}
