using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Output;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol status</c>: whether every node enforces what is now true.</summary>
internal static class StatusCommand
{
    private const string Examples = """
        netpol status
        netpol status -o json | jq '.audited[] | select(.denied > 0)'
        netpol status --context production -o json | jq '.nodes[] | select(.inForce | not)'
        """;

    public static (Command Command, string Examples) Create()
    {
        var cluster = new ClusterOptions();
        var place = ClusterOptions.NetPolNamespace();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json);
        var command = new Command("status", "Show the controllers and agents of a cluster, what is in force on each node, how long the last change took, and what policies that are audited only would have done. Exits with 1 when a node may not enforce what is now true, or the cluster serves policies in no version that NetPol reads.")
        {
            place, output,
        };
        cluster.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = cluster.Read(result);
            using var api = access.Open();
            var deployment = new Deployment(api, result.GetRequiredValue(place));
            var status = await access.AskAsync(async () => DeploymentStatus.Of(
                await deployment.ReportsAsync(cancel), await deployment.NodesAsync(cancel), TimeProvider.System.GetUtcNow()));
            if (result.GetRequiredValue(output) is OutputFormat.Json)
                WriteJson(status);
            else
                StatusReport.WriteTable(Screen.Out(), status);
            return status.IsHealthy ? ExitCode.Success : ExitCode.Failure;
        });
        return (command, Examples);
    }

    private static void WriteJson(DeploymentStatus status)
    {
        using var stdout = Console.OpenStandardOutput();
        StatusReport.WriteJson(stdout, status);
    }
}
