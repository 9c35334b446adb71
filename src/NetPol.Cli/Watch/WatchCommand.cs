using System.CommandLine;
using Grpc.Core;
using NetPol.Cli.Clusters;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Protocol;

namespace NetPol.Cli.Watch;

/// <summary><c>netpol watch</c>: prints the rule updates that a node receives.</summary>
internal static class WatchCommand
{
    private const string Examples = """
        netpol watch --node node-1
        netpol watch --node node-1 -o json | jq 'select(.added.ready_pods)'
        netpol watch --node node-1 --controller 10.0.0.7:9443
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var place = GlobalOptions.NetPolNamespace();
        var node = NodeOption.Create("Node to watch.", required: true, result => NameCompletion.Nodes(global.Cluster(result)));
        var controller = new Option<string?>("--controller")
        {
            Description = "Controller to ask (default: a ready one, through the API server).",
            HelpName = "HOST:PORT",
        };
        controller.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var address }] && !(Uri.TryCreate($"https://{address}", UriKind.Absolute, out var uri) && address.EndsWith($":{uri.Port}", StringComparison.Ordinal)))
                result.AddError($"--controller {address}: write a host, a colon and a port, such as 10.0.0.7:9443");
        });
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("watch", "Print the rules that a controller sends to a node, then each change.")
        {
            Remarks = "Needs the right to create tokens for the service account netpol-observer.",
            Examples = Examples,
        };
        command.Add(node);
        command.Add(controller);
        command.Add(output);
        command.Add(place);
        global.UseCluster(command);
        command.SetAction(async (result, cancel) =>
        {
            var access = global.Cluster(result);
            using var api = access.Open();
            var deployment = new NetPolDeployment(api, result.GetRequiredValue(place));
            var token = await access.AskAsync(() => deployment.TokenAsync(cancel));
            using var channel = await access.AskAsync(() => deployment.ChannelAsync(result.GetValue(controller), cancel));
            try
            {
                await RuleStreamPrinter.RunAsync(channel, token, result.GetRequiredValue(node), result.GetRequiredValue(output), cancel);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && cancel.IsCancellationRequested)
            {
                return ExitCode.Success;
            }
            catch (RpcException error)
            {
                throw new CommandException($"the controller ended the stream: {ControllerChannel.Describe(error)}");
            }
            throw new CommandException("the controller ended the stream");
        });
        return command;
    }
}
