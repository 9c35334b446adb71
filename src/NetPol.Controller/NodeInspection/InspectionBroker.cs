using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using NetPol.Controller.Security;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.NodeInspection;

/// <summary>Passes the requests of observers to the agents that answer them. Safe for any thread.</summary>
internal sealed class InspectionBroker(TimeProvider time)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, InspectableNode> _nodes = new(StringComparer.Ordinal);

    /// <summary>Adds the agent of a node. It replaces an earlier one of the same node.</summary>
    public InspectableNode Register(string node)
    {
        var entered = new InspectableNode();
        _nodes[node] = entered;
        return entered;
    }

    public void Unregister(string node, InspectableNode entered)
    {
        _nodes.TryRemove(new(node, entered));
        entered.Close();
    }

    /// <exception cref="RpcException">NOT_FOUND: the node's agent is not connected here; UNAVAILABLE: it disconnected, or has too many requests; DEADLINE_EXCEEDED: it does not answer.</exception>
    public async Task<InspectionResponse> AskAsync(InspectionRequest question, CancellationToken cancel)
    {
        if (!_nodes.TryGetValue(question.Node, out var node))
            throw new RpcException(new(StatusCode.NotFound, $"node {question.Node} has no agent that is connected to this controller and answers requests"));
        try
        {
            return await node.AskAsync(question, cancel).WaitAsync(Timeout, time, cancel);
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

/// <summary>The requests to one agent that wait for an answer: a bounded number. Safe for any thread.</summary>
internal sealed class InspectableNode
{
    private const int MostQuestions = 16;

    private readonly Channel<InspectionRequest> _questions = Channel.CreateBounded<InspectionRequest>(MostQuestions);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<InspectionResponse>> _asked = new();
    private ulong _last;

    /// <summary>Returns the requests in order; ends when the agent disconnects.</summary>
    public IAsyncEnumerable<InspectionRequest> QuestionsAsync(CancellationToken cancel) => _questions.Reader.ReadAllAsync(cancel);

    /// <exception cref="InvalidOperationException">Too many requests wait, or the agent disconnected.</exception>
    public async Task<InspectionResponse> AskAsync(InspectionRequest question, CancellationToken cancel)
    {
        var numbered = question.Clone();
        numbered.Id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<InspectionResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[numbered.Id] = answer;
        try
        {
            if (_asked.Count > MostQuestions || !_questions.Writer.TryWrite(numbered))
                throw new InvalidOperationException("it has too many requests to answer, or disconnected: try again");
            return await answer.Task.WaitAsync(cancel);
        }
        finally
        {
            _asked.TryRemove(numbered.Id, out _);
        }
    }

    /// <summary>Completes the request that the answer belongs to. Ignores an answer without a request.</summary>
    public void Complete(InspectionResponse answer)
    {
        if (_asked.TryGetValue(answer.Id, out var asked))
            asked.TrySetResult(answer);
    }

    /// <summary>Fails all waiting requests: the agent disconnected.</summary>
    public void Close()
    {
        _questions.Writer.TryComplete();
        foreach (var asked in _asked.Values)
            asked.TrySetException(new InvalidOperationException("its agent disconnected before it answered: try again"));
    }
}

/// <summary>The gRPC service of inspections.</summary>
internal sealed class InspectionsService(InspectionBroker broker, ConnectionCallers callers) : Inspections.InspectionsBase
{
    public override Task Serve(IAsyncStreamReader<InspectionResponse> requestStream, IServerStreamWriter<InspectionRequest> responseStream, ServerCallContext context) =>
        callers.WhileAuthenticatedAsync(context, cancel => ServeAsync(ConnectionCallers.GetNode(context), requestStream, responseStream, context, cancel));

    public override Task<InspectionResponse> Ask(InspectionRequest request, ServerCallContext context) => broker.AskAsync(request, context.CancellationToken);

    private async Task ServeAsync(string node, IAsyncStreamReader<InspectionResponse> answers, IServerStreamWriter<InspectionRequest> questions, ServerCallContext context, CancellationToken cancel)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var entered = broker.Register(node);
        var reported = Task.CompletedTask;
        try
        {
            await context.WriteResponseHeadersAsync([]);
            reported = SendRequestsAsync(entered, questions, left.Token);
            while (await answers.MoveNext(left.Token))
                entered.Complete(answers.Current);
        }
        finally
        {
            broker.Unregister(node, entered);
            await left.CancelAsync();
            await reported.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SendRequestsAsync(InspectableNode node, IServerStreamWriter<InspectionRequest> questions, CancellationToken cancel)
    {
        try
        {
            await foreach (var question in node.QuestionsAsync(cancel))
                await questions.WriteAsync(question, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The agent disconnected.
        }
    }
}
