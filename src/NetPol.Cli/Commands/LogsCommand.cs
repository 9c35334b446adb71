using System.CommandLine;
using System.Runtime.CompilerServices;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Watching;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol logs</c>: connections that nodes recorded.</summary>
internal static class LogsCommand
{
    private const string Examples = """
        netpol logs                                  # the last denials
        netpol logs -f -n shop --denied              # those of a namespace, as they happen
        netpol logs -f -o json | jq 'select(.destination.port == 5432)'
        """;

    public static (Command Command, string Examples) Create()
    {
        var cluster = new ClusterOptions();
        var place = ClusterOptions.NetPolNamespace();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what nodes record from now on, until interrupted." };
        var pods = new Option<string?>("--namespace", "-n") { Description = "Only connections from or to pods of this namespace.", HelpName = "NAMESPACE" };
        var denied = new Option<bool>("--denied") { Description = "Only what was denied, or would be by audited policies." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("logs", "Print the flow records of all nodes: the last denials that the ready controllers remember, and with -f what happens from now on, also on nodes that change over to another controller. Which connections are recorded is said by the annotation netpol.io/log, or for all by --flow-logs of the agents. Needs the right to make tokens for the service account netpol-observer.")
        {
            follow, pods, denied, place, output,
        };
        cluster.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = cluster.Read(result);
            using var api = access.Open();
            var deployment = new Deployment(api, result.GetRequiredValue(place));
            var filter = new FlowFilter { Namespace = result.GetValue(pods) ?? "", Denied = result.GetValue(denied), Follow = result.GetValue(follow) };
            using var lines = Console.OpenStandardOutput();
            var printer = new FlowPrinter(lines, Console.Error, result.GetRequiredValue(output));
            // Who may not observe learns it at once.
            _ = await access.AskAsync(() => deployment.TokenAsync(cancel));
            if (filter.Follow)
            {
                await new FlowFollower(FindAsync, ObserveAsync, printer, TimeProvider.System).RunAsync(cancel);
                return ExitCode.Success;
            }
            var told = await Task.WhenAll((await FindAsync(cancel)).Select(c => printer.PrintAsync(c, ObserveAsync(c, cancel), cancel)));
            return Array.TrueForAll(told, all => all) ? ExitCode.Success : ExitCode.Failure;

            Task<IReadOnlyList<string>> FindAsync(CancellationToken ended) => access.AskAsync(() => deployment.ReadyControllersAsync(ended));

            async IAsyncEnumerable<FlowBatch> ObserveAsync(string controller, [EnumeratorCancellation] CancellationToken ended)
            {
                var token = await access.AskAsync(() => deployment.TokenAsync(ended));
                using var channel = await access.AskAsync(() => deployment.ChannelToAsync(controller, ended));
                await foreach (var batch in channel.ObserveAsync(token, filter, ended))
                    yield return batch;
            }
        });
        return (command, Examples);
    }
}
