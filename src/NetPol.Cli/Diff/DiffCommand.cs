using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Compiler.Analysis.Diff;

namespace NetPol.Cli.Diff;

/// <summary><c>netpol diff</c>: shows which connections a policy change opens and closes.</summary>
internal static class DiffCommand
{
    private const string Examples = """
        netpol diff -f new-policy.yaml -o html > diff.html
        netpol diff --without networkpolicy/shop/web
        netpol diff --old policy-samples/three-tier -f policy-samples/default-deny-ingress
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var old = SharedOptions.Files("--old", "Files of the old state; then -f names all files of the new one.");
        var without = PolicyOption.Create(options);
        var enforceAudit = new Option<bool>("--enforce-audit") { Description = "Compare as if the new state enforced its audit-only policies." };
        var deciders = new Option<bool>("--deciders") { Description = "Also report connections whose verdict comes from another policy." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Html);
        var command = new NetPolCommand("diff", "Show which connections a change of policies opens and closes.")
        {
            Remarks = "Compares the cluster with the cluster as if the files of -f and -k were applied.\nWith --old, it compares files alone. Exit code 1: it found changes.",
            Examples = Examples,
        };
        command.Add(old);
        command.Add(without);
        command.Add(enforceAudit);
        command.Add(deciders);
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var files = options.ReadManifests(result);
            var removed = PolicyOption.Qualified(result.GetValue(without) ?? [], files);
            var before = files with { Files = result.GetValue(old) ?? [], Kustomizations = [] };
            if (before.IsEmpty && files.IsEmpty && removed.Length == 0 && !result.GetValue(enforceAudit))
                throw new CommandException("nothing to compare with: name what is new with -f, or what is deleted with --without");
            var clusters = await LoadAsync(before, files, options.ReadCluster(result), cancel);
            InputRequirements.Require([clusters.Old, clusters.New], "nothing was compared");
            PolicyOption.Require(clusters.New, removed);
            clusters = clusters.With(p => removed.Contains(p.Id) ? null : result.GetValue(enforceAudit) ? p with { IsAudited = false } : p);
            var comparison = Compare(clusters, result.GetValue(deciders));
            Write(comparison, result.GetRequiredValue(output));
            return comparison.IsEmpty ? ExitCode.Success : ExitCode.Found;
        });
        return command;
    }

    private static Task<ClusterPair> LoadAsync(ManifestSource old, ManifestSource files, ClusterAccess cluster, CancellationToken cancel)
    {
        if (!old.IsEmpty)
            return ClusterPair.LoadAsync(old, files, cluster.IsNamed ? cluster : null, cancel);
        if (!cluster.IsNamed && !ClusterAccess.HasDefault)
            throw new CommandException("no old state: name its files with --old, or a cluster with --kubeconfig");
        return ClusterPair.LoadAsync(old, files, cluster, cancel);
    }

    private static ClusterDiff Compare(ClusterPair clusters, bool deciders)
    {
        using var progress = new ProgressLine();
        progress.Show("compiling both sides");
        return ClusterDiffer.Compare(clusters.Old, clusters.New, deciders, progress.ShowShare("comparing"));
    }

    private static void Write(ClusterDiff comparison, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                DocumentWriter.Write(format, DiffDocument.Create(comparison));
                break;
            case OutputFormat.Html:
                using (var stdout = Console.OpenStandardOutput())
                    DiffHtml.Write(stdout, comparison);
                break;
            default:
                DiffText.Write(Terminal.Out(), comparison);
                break;
        }
    }
}
