using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Output;
using NetPol.Cli.RuleSets;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol rules</c>: what the policies become.</summary>
internal static class RulesCommand
{
    private const string Examples = """
        netpol rules -f policy-samples/three-tier
        netpol rules -f policy-samples/three-tier --node node-1 -o json
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new WorldOptions(global);
        var node = NodeOption.Create("Node to show (default: every node).", required: false, result => NameCompletion.Nodes(() => options.Read(result)));
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("rules", "Show the compiled rules of each node: for every pod its peers, ports and verdicts.")
        {
            Remarks = WorldOptions.Remarks,
            Examples = Examples,
        };
        command.Add(node);
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var world = await options.Read(result).LoadAsync(cancel);
            Comparable.RequirePods([world], "there is nothing to show");
            var name = result.GetValue(node) is { } asked ? NodeOption.Existing(world, asked) : null;
            (world, var ruleSets) = CompileCheck.Compile<NodeRuleSet[]>(world, w => name is null ? [.. PolicyCompiler.Compile(w)] : [PolicyCompiler.CompileNode(w, name)]);
            Write(ruleSets, world, result.GetRequiredValue(output));
        });
        return command;
    }

    private static void Write(NodeRuleSet[] ruleSets, ClusterSnapshot world, OutputFormat format)
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
            RuleSetText.Write(Console.Out, ruleSets[i], world);
        }
    }
}
