using System.Collections.Concurrent;
using Grpc.Core;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Inspecting;

/// <summary>Where questions of observers meet the back ends that answer them. Safe for any thread.</summary>
internal sealed class InspectionDesk(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, InspectedNode> _nodes = new(StringComparer.Ordinal);

    /// <summary>A node's back end is there; one that was there before is not asked any more.</summary>
    public InspectedNode Enter(string node)
    {
        var entered = new InspectedNode();
        _nodes[node] = entered;
        return entered;
    }

    public void Leave(string node, InspectedNode entered)
    {
        _nodes.TryRemove(new(node, entered));
        entered.Close();
    }

    /// <exception cref="RpcException">NOT_FOUND: the node's back end is not here; UNAVAILABLE: it left, or has too much to answer; DEADLINE_EXCEEDED: it does not answer.</exception>
    public async Task<Answer> AskAsync(Question question, CancellationToken cancel)
    {
        if (!_nodes.TryGetValue(question.Node, out var node))
            throw new RpcException(new(StatusCode.NotFound, $"node {question.Node} has no agent that follows this controller and can be asked"));
        try
        {
            return await node.AskAsync(question, cancel).WaitAsync(Patience, time, cancel);
        }
        catch (TimeoutException)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, $"node {question.Node} does not answer"));
        }
        catch (InvalidOperationException reason)
        {
            throw new RpcException(new(StatusCode.Unavailable, $"node {question.Node}: {reason.Message}"));
        }
    }
}
