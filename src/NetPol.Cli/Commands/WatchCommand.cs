using System.CommandLine;
using Grpc.Core;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Watching;
using NetPol.Protocol;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol watch</c>: what a node is told, as it is told.</summary>
internal static class WatchCommand
{
    private const string Examples = """
        netpol watch --node node-1
        netpol watch --node node-1 -o json | jq 'select(.added.known_pods)'
        netpol watch --node node-1 --controller 10.0.0.7:9443    # a certain replica, not through the API server
        """;

    public static (Command Command, string Examples) Create()
    {
        var cluster = new ClusterOptions();
        var place = ClusterOptions.NetPolNamespace();
        var node = NodeOption.Create("The node whose stream is shown.", required: true);
        var controller = new Option<string?>("--controller")
        {
            Description = "The controller to ask. Without it: one that is ready, through the API server.",
            HelpName = "HOST:PORT",
        };
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("watch", "Print the rules that a node's agent is told: all there are, then every change as it happens. As JSON: a line for each part of an update, as node_rules.proto has it. Needs the right to make tokens for the service account netpol-observer.")
        {
            node, controller, place, output,
        };
        cluster.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = cluster.Read(result);
            using var api = access.Open();
            var deployment = new Deployment(api, result.GetRequiredValue(place));
            var token = await access.AskAsync(() => deployment.TokenAsync(cancel));
            using var channel = await access.AskAsync(() => deployment.ChannelAsync(result.GetValue(controller), cancel));
            try
            {
                await StreamPrinter.RunAsync(channel, token, result.GetRequiredValue(node), result.GetRequiredValue(output), cancel);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancel.IsCancellationRequested)
            {
                return ExitCode.Success;
            }
            catch (RpcException error)
            {
                throw new CommandException($"the controller ended the stream: {ControllerChannel.Words(error)}", ExitCode.Failure);
            }
            throw new CommandException("the controller ended the stream", ExitCode.Failure);
        });
        return (command, Examples);
    }
}
