using Grpc.Core;
using NetPol.Cli.Clusters;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Protocol;
using NetPol.Protocol.Inspections;

namespace NetPol.Cli.Inspecting;

/// <summary>Asks the nodes that judge a connection.</summary>
internal static class NodeChecks
{
    /// <summary>One for each node that judges; where none can be asked each says why.</summary>
    public static async Task<IReadOnlyList<NodeCheck>> AskAsync(ClusterAccess access, string place, Explanation explanation, CancellationToken cancel)
    {
        var plan = NodeCheck.Plan(explanation).ToList();
        if (plan.Count == 0)
            return [];
        using var api = access.Open();
        var deployment = new Deployment(api, place);
        IReadOnlyDictionary<string, ControllerChannel> channels;
        string token;
        try
        {
            token = await access.AskAsync(() => deployment.TokenAsync(cancel));
            channels = await access.AskAsync(() => deployment.ChannelsAsync(cancel));
        }
        catch (CommandException refusal)
        {
            return plan.ConvertAll(p => new NodeCheck(p.Node, p.Meant, null, refusal.Message));
        }
        try
        {
            var checks = new List<NodeCheck>();
            foreach (var (node, meant) in plan)
                checks.Add(await AskAsync(channels.Values, token, node, meant, explanation, cancel));
            return checks;
        }
        finally
        {
            foreach (var channel in channels.Values)
                channel.Dispose();
        }
    }

    /// <summary>The node's agent follows one of the controllers; nobody knows which.</summary>
    private static async Task<NodeCheck> AskAsync(
        IEnumerable<ControllerChannel> controllers, string token, string node, ValueArray<Decision> meant, Explanation explanation, CancellationToken cancel)
    {
        var question = WireInspections.Write(node, explanation.Connection, explanation.Egress.Judgement == Judgement.ToOwnNode);
        var trouble = "no controller is followed by its agent";
        foreach (var controller in controllers)
        {
            try
            {
                return new(node, meant, await controller.AskAsync(token, question, cancel), null);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
            {
                trouble = error.Status.Detail;
            }
            catch (RpcException error)
            {
                trouble = $"{error.StatusCode}: {ControllerChannel.Words(error)}";
            }
            catch (ProtocolException error)
            {
                trouble = error.Message;
            }
        }
        return new(node, meant, null, trouble);
    }
}
