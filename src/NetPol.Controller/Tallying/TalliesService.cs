using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Controller.Streaming;
using NetPol.Controller.Trust;
using NetPol.Protocol;
using NetPol.Protocol.Tallies;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Tallying;

/// <summary>Tallies, served: the last one of a node is kept with its stream.</summary>
internal sealed class TalliesService(AgentRegistry registry) : Tallies.TalliesBase
{
    public override Task<Empty> Report(NodeTally request, ServerCallContext context)
    {
        var node = ConnectionCallers.NodeOf(context);
        if (!registry.Take(node, Read(request)))
            throw new RpcException(new(StatusCode.FailedPrecondition, $"the agent of node {node} does not follow this controller"));
        return Task.FromResult<Empty>(new());
    }

    private static Tally Read(NodeTally request)
    {
        try
        {
            return WireTallies.Read(request);
        }
        catch (ProtocolException error)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
        }
    }
}
