using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Compiler.Analysis.Unused;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Unused;

/// <summary><c>netpol unused</c>: finds policies and rules without effect.</summary>
internal static class UnusedCommand
{
    private const string Examples = """
        netpol unused -f policy-samples/three-tier
        netpol unused --context production
        netpol unused -f policies/ -o json | jq '.items[] | select(.term == "neverDecides")'
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("unused", "Find policies and rules without effect, and the reason.")
        {
            Remarks = $"{InputOptions.Remarks}\nOmits default-deny policies, and policies with the annotation netpol.io/ignore: unused.\nExit code 1: it found some.",
            Examples = Examples,
        };
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var loaded = await options.Read(result).ReadAsync(cancel);
            var cluster = ClusterLoader.Complete(loaded);
            InputRequirements.Require(cluster, "nothing was examined");
            var found = Find(cluster);
            var defaultDenies = cluster.Policies.Where(p => p.IsDefaultDeny).Select(p => p.Id).ToHashSet();
            var wanted = found.Where(u => !defaultDenies.Contains(u.Policy)).ToList();
            var unused = wanted.Where(u => !loaded.IsSuppressed(u.Policy.ToString(), LintCode.Unused)).ToValueArray();
            Write(unused, cluster, (found.Count - wanted.Count, wanted.Count - unused.Count), result.GetRequiredValue(output));
            return unused.IsEmpty ? ExitCode.Success : ExitCode.Found;
        });
        return command;
    }

    private static ValueArray<UnusedPolicy> Find(ClusterSnapshot cluster)
    {
        using var progress = new ProgressLine();
        progress.Show("compiling");
        return UnusedFinder.Find(cluster, progress.ShowShare("looking for unused policies and rules"));
    }

    private static void Write(ValueArray<UnusedPolicy> unused, ClusterSnapshot cluster, (int DefaultDenies, int Ignored) kept, OutputFormat format)
    {
        if (format == OutputFormat.Text)
            UnusedText.Write(Terminal.Out(), unused, cluster.Policies.Count(p => !p.IsAudited), cluster.Policies.Count(p => p.IsAudited), kept);
        else
            DocumentWriter.WriteList(format, UnusedDocument.Create(unused));
    }
}
