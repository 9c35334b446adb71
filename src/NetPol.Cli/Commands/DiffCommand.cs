using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Comparing;
using NetPol.Cli.Inputs;
using NetPol.Cli.Output;
using NetPol.Compiler.Comparing;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol diff</c>: what a change of policies opens and closes.</summary>
internal static class DiffCommand
{
    private const string Examples = """
        netpol diff -f new-policy.yaml                            # on top of the cluster, against the cluster
        netpol diff --without networkpolicy/shop/web              # what if it were deleted?
        netpol diff --old policy-samples/three-tier -f policy-samples/default-deny-ingress
        netpol diff --old main/policies -f policies --context production -o json
        netpol diff -f new-policies -o html > diff.html           # a page: who reaches whom newly, and no longer
        netpol diff --enforce-audit                               # what if the audited policies were enforced?
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var old = SharedOptions.Files("--old", "The files of the old side; then -f is all of the new one. Without it: the cluster as it is, and -f on top of it. With --kubeconfig or --context too: both on top of that cluster.");
        var without = PolicyOption.Create();
        var enforceAudit = new Option<bool>("--enforce-audit") { Description = "Take the audited policies of the new side as enforced." };
        var deciders = new Option<bool>("--deciders") { Description = "Tell too where the verdict stays and another policy makes it." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Html);
        var command = new Command("diff", "Say which connections open and which close when policies change, on every port: between which workloads, and by whom. Exits with 0 when nothing differs, with 1 when something does, with 2 or more when there is no answer.")
        {
            old, without, enforceAudit, deciders, output,
        };
        options.AddTo(command);
        command.SetAction((result, cancel) => Answer.OfAsync(async () =>
        {
            var files = options.ReadManifests(result);
            var removed = PolicyOption.Qualified(result.GetValue(without) ?? [], files);
            var before = files with { Files = result.GetValue(old) ?? [], Kustomizations = [] };
            if (before.IsEmpty && files.IsEmpty && removed.Length == 0 && !result.GetValue(enforceAudit))
                throw new CommandException("nothing to compare with: name what is new with -f, or what is deleted with --without");
            var worlds = await LoadAsync(before, files, options.ReadCluster(result), cancel);
            Comparable.Require([worlds.Old, worlds.New], "nothing was compared");
            PolicyOption.Require(worlds.New, removed);
            worlds = worlds.With(p => removed.Contains(p.Id) ? null : result.GetValue(enforceAudit) ? p with { IsAudited = false } : p);
            var comparison = Compare(worlds, result.GetValue(deciders));
            Write(comparison, result.GetRequiredValue(output));
            return !comparison.IsEmpty;
        }));
        return (command, Examples);
    }

    private static Task<WorldPair> LoadAsync(Manifests old, Manifests files, ClusterAccess cluster, CancellationToken cancel)
    {
        if (!old.IsEmpty)
            return WorldPair.LoadAsync(old, files, cluster.IsNamed ? cluster : null, cancel);
        if (!cluster.IsNamed && !ClusterAccess.HasDefault)
            throw new CommandException("no old side: name its files with --old, or a cluster with --kubeconfig");
        return WorldPair.LoadAsync(old, files, cluster, cancel);
    }

    private static ClusterComparison Compare(WorldPair worlds, bool deciders)
    {
        using var progress = new ProgressLine();
        progress.Show("compiling both sides");
        return ClusterComparer.Compare(worlds.Old, worlds.New, deciders, progress.ShowShare("comparing"));
    }

    private static void Write(ClusterComparison comparison, string format)
    {
        switch (format)
        {
            case OutputFormat.Json:
                using (var stdout = Console.OpenStandardOutput())
                    Json.Write(stdout, json => ComparisonJson.Write(json, comparison));
                break;
            case OutputFormat.Html:
                using (var stdout = Console.OpenStandardOutput())
                    ComparisonHtml.Write(stdout, comparison);
                break;
            default:
                ComparisonText.Write(Screen.Out(), comparison);
                break;
        }
    }
}
