using System.CommandLine;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Watching;
using NetPol.Protocol.Wire;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol logs</c>: connections that nodes recorded.</summary>
internal static class LogsCommand
{
    private const string Examples = """
        netpol logs                                  # the last denials
        netpol logs -f --namespace shop --denied     # those of a namespace, as they happen
        netpol logs -f -o json | jq 'select(.destination.port == 5432)'
        """;

    public static (Command Command, string Examples) Create()
    {
        var cluster = new ClusterOptions();
        var place = ClusterOptions.Namespace("--netpol-namespace");
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what nodes record from now on, until interrupted." };
        var pods = new Option<string?>("--namespace") { Description = "Only connections from or to pods of this namespace.", HelpName = "NAMESPACE" };
        var denied = new Option<bool>("--denied") { Description = "Only what was denied, or would be by audited policies." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("logs", "Print the flow records of all nodes: the last denials that the ready controllers remember, and with -f what happens from now on. Which connections are recorded is said by the annotation netpol.io/log, or for all by --flow-logs of the agents. Needs the right to make tokens for the service account netpol-observer.")
        {
            follow, pods, denied, place, output,
        };
        cluster.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = cluster.Read(result);
            using var api = access.Open();
            var deployment = new Deployment(api, result.GetRequiredValue(place));
            var token = await access.AskAsync(() => deployment.TokenAsync(cancel));
            var channels = await access.AskAsync(() => deployment.ChannelsAsync(cancel));
            var filter = new FlowFilter { Namespace = result.GetValue(pods) ?? "", Denied = result.GetValue(denied), Follow = result.GetValue(follow) };
            using var lines = Console.OpenStandardOutput();
            return await new FlowPrinter(lines, Console.Error, result.GetRequiredValue(output)).RunAsync(channels, token, filter, cancel);
        });
        return (command, Examples);
    }
}
