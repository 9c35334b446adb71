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
        netpol unused -f policies/ -o json | jq '.items[] | select(.term == "neverDecides")'
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new WorldOptions(global);
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("unused", "Find unused policies and rules, and the rules that shadow or duplicate them.")
        {
            Remarks = "Exit code 1: some. Omits default-deny policies, and policies with netpol.io/ignore: unused.",
            Examples = Examples,
        };
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var loaded = await options.Read(result).ReadAsync(cancel);
            var world = WorldLoader.Complete(loaded);
            Comparable.Require(world, "nothing was examined");
            var found = Find(world);
            var defaultDenies = world.Policies.Where(p => p.IsDefaultDeny).Select(p => p.Id).ToHashSet();
            var wanted = found.Where(u => !defaultDenies.Contains(u.Policy)).ToList();
            var unused = wanted.Where(u => !loaded.Ignores(u.Policy.ToString(), LintCode.Unused)).ToValueArray();
            Write(unused, world, (found.Count - wanted.Count, wanted.Count - unused.Count), result.GetRequiredValue(output));
            return unused.IsEmpty ? ExitCode.Success : ExitCode.Found;
        });
        return command;
    }

    private static ValueArray<UnusedPolicy> Find(ClusterSnapshot world)
    {
        using var progress = new ProgressLine();
        progress.Show("compiling");
        return UnusedFinder.Find(world, progress.ShowShare("looking for what is of no use"));
    }

    private static void Write(ValueArray<UnusedPolicy> unused, ClusterSnapshot world, (int DefaultDenies, int Ignored) kept, OutputFormat format)
    {
        if (format == OutputFormat.Text)
            UnusedText.Write(Screen.Out(), unused, world.Policies.Count(p => !p.IsAudited), world.Policies.Count(p => p.IsAudited), kept);
        else
            DocumentWriter.WriteList(format, UnusedDocument.Create(unused));
    }
}
