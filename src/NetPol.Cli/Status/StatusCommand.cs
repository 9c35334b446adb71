using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;

namespace NetPol.Cli.Status;

/// <summary><c>netpol status</c>: shows whether every node enforces the current policies.</summary>
internal static class StatusCommand
{
    private const string Examples = """
        netpol status
        netpol status -o json | jq '.audited[] | select(.denied > 0)'
        netpol status --context production -o json | jq '.nodes[] | select(.programmed | not)'
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var place = GlobalOptions.NetPolNamespace();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("status", "Show whether every node enforces the current policies.")
        {
            Remarks = "Exit code 1: a node may not enforce the current policies, or NetPol cannot read a policy kind.",
            Examples = Examples,
        };
        command.Add(output);
        command.Add(place);
        global.UseCluster(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = global.Cluster(result);
            using var api = access.Open();
            var deployment = new NetPolDeployment(api, result.GetRequiredValue(place));
            var status = await access.AskAsync(async () => DeploymentStatus.Create(
                await deployment.ReportsAsync(cancel), await deployment.NodesAsync(cancel), TimeProvider.System.GetUtcNow()));
            if (result.GetRequiredValue(output) is not OutputFormat.Table and var format)
                DocumentWriter.Write(format, StatusDocument.Create(status));
            else
                StatusTable.WriteTable(Terminal.Out(), status);
            return status.IsHealthy ? ExitCode.Success : ExitCode.Found;
        });
        return command;
    }
}
