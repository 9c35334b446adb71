using System.CommandLine;
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

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var node = NodeOption.Create("Only this node. Without it: every node.", required: false);
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("rules", "Show the flattened rule set of each node: for every pod, groups of peers and their ports, each with the one rule that decides.")
        {
            node, output,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var world = await options.Read(result).LoadAsync(cancel);
            Comparable.RequirePods([world], "there is nothing to show");
            var name = result.GetValue(node) is { } asked ? NodeOption.Existing(world, asked) : null;
            (world, var ruleSets) = CompileCheck.Compile<NodeRuleSet[]>(world, w => name is null ? [.. PolicyCompiler.Compile(w)] : [PolicyCompiler.CompileNode(w, name)]);
            Write(ruleSets, world, result.GetRequiredValue(output));
        });
        return (command, Examples);
    }

    private static void Write(NodeRuleSet[] ruleSets, ClusterSnapshot world, string format)
    {
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.Write(stdout, json =>
            {
                json.WriteStartArray();
                foreach (var rules in ruleSets)
                    RuleSetJson.Write(json, rules);
                json.WriteEndArray();
            });
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
