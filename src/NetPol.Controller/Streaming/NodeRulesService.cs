using Grpc.Core;
using NetPol.Controller.Rules;
using NetPol.Controller.Trust;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Streaming;

/// <summary>The node stream, served.</summary>
internal sealed class NodeRulesService(RuleBook book, AgentRegistry registry, AgentAuthenticator authenticator, TimeProvider time, ILogger<NodeRulesService> log)
    : NodeRules.NodeRulesBase
{
    private const int MaxNameLength = 253;

    public override async Task Follow(IAsyncStreamReader<Report> requestStream, IServerStreamWriter<UpdatePart> responseStream, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var proven = await authenticator.AuthenticateAsync(context.RequestHeaders.GetValue("authorization"), cancel);
        if (!await requestStream.MoveNext(cancel) || requestStream.Current.Hello is not { } hello)
            throw new RpcException(new(StatusCode.InvalidArgument, "the first report must be a Hello"));
        if (!string.Equals(hello.Node, proven, StringComparison.Ordinal))
        {
            Log.WrongNode(log, proven, Shortened(hello.Node));
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token is that of an agent on node {proven}"));
        }
        await book.Filled.WaitAsync(cancel);
        using var session = new AgentSession(proven, Shortened(hello.Agent), book.Page(proven), time, log);
        registry.Enter(session);
        Log.Connected(log, proven, session.State.Agent);
        try
        {
            await session.RunAsync(requestStream, responseStream, cancel);
        }
        finally
        {
            registry.Leave(session);
            Log.Disconnected(log, proven);
        }
    }

    private static string Shortened(string text) => text.Length <= MaxNameLength ? text : text[..MaxNameLength];
}
