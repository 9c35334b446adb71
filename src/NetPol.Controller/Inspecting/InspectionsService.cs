using Grpc.Core;
using NetPol.Controller.Trust;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Inspecting;

/// <summary>Inspections, served.</summary>
internal sealed class InspectionsService(InspectionDesk desk, AgentAuthenticator authenticator) : Inspections.InspectionsBase
{
    public override async Task Serve(IAsyncStreamReader<Answer> requestStream, IServerStreamWriter<Question> responseStream, ServerCallContext context)
    {
        var caller = await authenticator.AuthenticateAsync(context.RequestHeaders.GetValue("authorization"), context.CancellationToken);
        if (caller.Node is not { } node)
            throw new RpcException(new(StatusCode.PermissionDenied, "only a node's agent answers for it"));
        using var left = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var entered = desk.Enter(node);
        await context.WriteResponseHeadersAsync([]);
        var told = TellAsync(entered, responseStream, left.Token);
        try
        {
            while (await requestStream.MoveNext(left.Token))
                entered.Take(requestStream.Current);
        }
        finally
        {
            desk.Leave(node, entered);
            await left.CancelAsync();
            await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override async Task<Answer> Ask(Question request, ServerCallContext context)
    {
        var caller = await authenticator.AuthenticateAsync(context.RequestHeaders.GetValue("authorization"), context.CancellationToken);
        if (caller.Node is not null)
            throw new RpcException(new(StatusCode.PermissionDenied, "only an observer asks about nodes"));
        return await desk.AskAsync(request, context.CancellationToken);
    }

    private static async Task TellAsync(InspectedNode node, IServerStreamWriter<Question> questions, CancellationToken cancel)
    {
        try
        {
            await foreach (var question in node.QuestionsAsync(cancel))
                await questions.WriteAsync(question, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The back end left.
        }
    }
}
