using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Output;
using NetPol.Cli.Using;
using NetPol.Compiler.Using;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol unused</c>: which policies and rules are of no use.</summary>
internal static class UnusedCommand
{
    private const string Examples = """
        netpol unused -f policy-samples/three-tier
        netpol unused --context production
        netpol unused -f policies/ -f world.yaml --exit-code -o json | jq '.[] | select(.term == "neverDecides")'
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit with 1 when something is of no use; with 2 or more when there is no answer." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("unused", "Find policies and rules that are of no use with the pods and nodes there are: those that never decide, and those without which every connection has the same verdict; each with the reason and what stands before it or in for it. The report leaves out a namespace's default-deny and a policy with the annotation netpol.io/ignore: unused.")
        {
            exitCode, output,
        };
        options.AddTo(command);
        command.SetAction((result, cancel) => Answer.OfAsync(async () =>
        {
            var loaded = await options.Read(result).ReadAsync(cancel);
            var world = WorldLoader.Complete(loaded);
            Comparable.Require(world, "nothing was examined");
            var found = Find(world);
            var defaultDenies = world.Policies.Where(p => p.IsDefaultDeny).Select(p => p.Id).ToHashSet();
            var wanted = found.Where(u => !defaultDenies.Contains(u.Policy)).ToList();
            var unused = wanted.Where(u => !loaded.Ignores(u.Policy.ToString(), LintCode.Unused)).ToValueArray();
            Write(unused, world, (found.Count - wanted.Count, wanted.Count - unused.Count), result.GetRequiredValue(output));
            return result.GetValue(exitCode) && !unused.IsEmpty;
        }));
        return (command, Examples);
    }

    private static ValueArray<UnusedPolicy> Find(ClusterSnapshot world)
    {
        using var progress = new ProgressLine();
        progress.Show("compiling");
        return UnusedFinder.Find(world, progress.ShowShare("looking for what is of no use"));
    }

    private static void Write(ValueArray<UnusedPolicy> unused, ClusterSnapshot world, (int DefaultDenies, int Ignored) kept, string format)
    {
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.WriteLines(stdout, unused, UnusedJson.Write);
        }
        else
        {
            UnusedText.Write(Screen.Out(), unused, world.Policies.Count(p => !p.IsAudited), world.Policies.Count(p => p.IsAudited), kept);
        }
    }
}
