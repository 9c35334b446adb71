using Grpc.Core;
using NetPol.Controller.Trust;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Inspecting;

/// <summary>Inspections, served.</summary>
internal sealed class InspectionsService(InspectionDesk desk, ConnectionCallers callers) : Inspections.InspectionsBase
{
    public override Task Serve(IAsyncStreamReader<Answer> requestStream, IServerStreamWriter<Question> responseStream, ServerCallContext context) =>
        callers.WhileProvenAsync(context, cancel => ServeAsync(ConnectionCallers.NodeOf(context), requestStream, responseStream, context, cancel));

    public override Task<Answer> Ask(Question request, ServerCallContext context) => desk.AskAsync(request, context.CancellationToken);

    private async Task ServeAsync(string node, IAsyncStreamReader<Answer> answers, IServerStreamWriter<Question> questions, ServerCallContext context, CancellationToken cancel)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var entered = desk.Enter(node);
        var told = Task.CompletedTask;
        try
        {
            await context.WriteResponseHeadersAsync([]);
            told = TellAsync(entered, questions, left.Token);
            while (await answers.MoveNext(left.Token))
                entered.Take(answers.Current);
        }
        finally
        {
            desk.Leave(node, entered);
            await left.CancelAsync();
            await told.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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
