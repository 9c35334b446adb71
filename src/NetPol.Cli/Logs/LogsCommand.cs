using System.CommandLine;
using System.Runtime.CompilerServices;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Protocol.Wire;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;

namespace NetPol.Cli.Logs;

/// <summary><c>netpol logs</c>: prints connections that nodes recorded.</summary>
internal static class LogsCommand
{
    private const string Examples = """
        netpol logs                                  # the last denials
        netpol logs -f -n shop --denied              # those of a namespace, as they happen
        netpol logs -f -o json | jq 'select(.destination.port == 5432)'
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var place = GlobalOptions.NetPolNamespace();
        var follow = new Option<bool>("--follow", "-f") { Description = "Continue with new records until interrupted." };
        var denied = new Option<bool>("--denied") { Description = "Only connections that are denied, or would be by audit-only policies." };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("logs", "Print recent denials of all nodes; with -f, all flow records.")
        {
            Remarks = "Needs the right to create tokens for the service account netpol-observer.",
            Examples = Examples,
        };
        command.Add(follow);
        command.Add(denied);
        command.Add(output);
        command.Add(place);
        global.UseNamespace(command, "Only connections from or to pods of this namespace (default: all).");
        global.UseCluster(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = global.Cluster(result);
            using var api = access.Open();
            var deployment = new NetPolDeployment(api, result.GetRequiredValue(place));
            var filter = new FlowFilter { Namespace = result.GetValue(global.Namespace) ?? "", Denied = result.GetValue(denied), Follow = result.GetValue(follow) };
            using var lines = Console.OpenStandardOutput();
            var printer = new FlowPrinter(lines, Console.Error, result.GetRequiredValue(output));
            // Fail at once if the user may not observe.
            _ = await access.AskAsync(() => deployment.TokenAsync(cancel));
            if (filter.Follow)
            {
                await new FlowLogStream(FindAsync, ObserveAsync, printer, TimeProvider.System).RunAsync(cancel);
                return ExitCode.Success;
            }
            var reported = await Task.WhenAll((await FindAsync(cancel)).Select(c => printer.PrintAsync(c, ObserveAsync(c, cancel), cancel)));
            return Array.TrueForAll(reported, all => all) ? ExitCode.Success : ExitCode.NoAnswer;

            Task<IReadOnlyList<string>> FindAsync(CancellationToken ended) => access.AskAsync(() => deployment.ReadyControllersAsync(ended));

            async IAsyncEnumerable<FlowBatch> ObserveAsync(string controller, [EnumeratorCancellation] CancellationToken ended)
            {
                var token = await access.AskAsync(() => deployment.TokenAsync(ended));
                using var channel = await access.AskAsync(() => deployment.ChannelToAsync(controller, ended));
                await foreach (var batch in channel.ObserveAsync(token, filter, ended))
                    yield return batch;
            }
        });
        return command;
    }
}
