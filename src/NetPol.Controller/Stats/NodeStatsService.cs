using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Controller.Security;
using NetPol.Controller.Sync;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Stats;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Stats;

/// <summary>The gRPC service of node stats: the session of a node stores its last report.</summary>
internal sealed class NodeStatsService(AgentRegistry registry) : NetPol.Protocol.Wire.NodeStatsService.NodeStatsServiceBase
{
    public override Task<Empty> Report(NodeStatsReport request, ServerCallContext context)
    {
        var node = ConnectionCallers.GetNode(context);
        if (!registry.UpdateStats(node, Read(request)))
            throw new RpcException(new(StatusCode.FailedPrecondition, $"the agent of node {node} is not connected to this controller"));
        return Task.FromResult<Empty>(new());
    }

    private static NodeStats Read(NodeStatsReport request)
    {
        try
        {
            return NodeStatsConversion.Read(request);
        }
        catch (ProtocolException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }
    }
}
