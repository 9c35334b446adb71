using Grpc.Core;
using NetPol.Controller.Metrics;
using NetPol.Controller.Rules;
using NetPol.Controller.Trust;
using NetPol.Controller.Watching;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Streaming;

/// <summary>The node stream, served.</summary>
internal sealed class NodeRulesService(RuleBook book, AgentRegistry registry, ConnectionCallers callers, ReportedAddresses reported, WorkMeter meter, TimeProvider time, ILogger<NodeRulesService> log)
    : NodeRules.NodeRulesBase
{
    private const int MaxNameLength = 253;

    public override async Task Follow(IAsyncStreamReader<Report> requestStream, IServerStreamWriter<UpdatePart> responseStream, ServerCallContext context)
    {
        var caller = ConnectionCallers.Of(context);
        await callers.WhileProvenAsync(context, cancel => FollowAsync(caller, requestStream, responseStream, cancel));
    }

    private async Task FollowAsync(Caller caller, IAsyncStreamReader<Report> requestStream, IServerStreamWriter<UpdatePart> responseStream, CancellationToken cancel)
    {
        if (!await requestStream.MoveNext(cancel) || requestStream.Current.Hello is not { } hello)
            throw new RpcException(new(StatusCode.InvalidArgument, "the first report must be a Hello"));
        if (caller.Node is { } proven && !string.Equals(hello.Node, proven, StringComparison.Ordinal))
        {
            if (registry.IsNews(proven))
                Log.WrongNode(log, proven, ShortText.Of(hello.Node, MaxNameLength));
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token is that of an agent on node {proven}"));
        }
        await book.Filled.WaitAsync(cancel);
        if (caller.Node is null && book.Find(hello.Node) is null)
            throw new RpcException(new(StatusCode.NotFound, $"there is no node {ShortText.Of(hello.Node, MaxNameLength)}"));
        var page = book.Open(hello.Node);
        try
        {
            var session = new AgentSession(hello.Node, ShortText.Of(hello.Agent, MaxNameLength), page, meter, time, log) { IsAgent = caller.Node is not null };
            if (caller.Node is null)
                await session.RunAsync(requestStream, responseStream, cancel);
            else
                await ServeAgentAsync(session, requestStream, responseStream, cancel);
        }
        finally
        {
            book.Close(hello.Node);
        }
    }

    private async Task ServeAgentAsync(AgentSession session, IAsyncStreamReader<Report> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        try
        {
            registry.Enter(session);
            Log.Connected(log, session.State.Node, session.State.Agent);
            await session.RunAsync(new ReportReader(reports, addresses => reported.Report(session.State.Node, addresses)), updates, cancel);
        }
        finally
        {
            registry.Leave(session);
            Log.Disconnected(log, session.State.Node);
        }
    }
}
