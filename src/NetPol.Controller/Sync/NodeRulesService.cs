using Grpc.Core;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;
using NetPol.Controller.Watch;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Sync;

/// <summary>The gRPC service of the node stream.</summary>
internal sealed class NodeRulesService(RuleSetStore store, AgentRegistry registry, ConnectionCallers callers, NodeAddressSync reported, ControllerMetrics meter, TimeProvider time, ILogger<NodeRulesService> log)
    : NodeRules.NodeRulesBase
{
    private const int MaxNameLength = 253;

    public override async Task Sync(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<UpdatePart> responseStream, ServerCallContext context)
    {
        var caller = ConnectionCallers.GetCaller(context);
        await callers.WhileAuthenticatedAsync(context, cancel => ServeStreamAsync(caller, requestStream, responseStream, cancel));
    }

    private async Task ServeStreamAsync(Caller caller, IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<UpdatePart> responseStream, CancellationToken cancel)
    {
        if (!await requestStream.MoveNext(cancel) || requestStream.Current.Hello is not { } hello)
            throw new RpcException(new(StatusCode.InvalidArgument, "the first report must be a Hello"));
        if (caller.Node is { } authenticated && !string.Equals(hello.Node, authenticated, StringComparison.Ordinal))
        {
            if (registry.IsFirstClaim(authenticated))
                Log.ClaimedOtherNode(log, authenticated, TextLimit.Truncate(hello.Node, MaxNameLength));
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token is that of an agent on node {authenticated}"));
        }
        await store.InitialSync.WaitAsync(cancel);
        if (caller.Node is null && store.Find(hello.Node) is null)
            throw new RpcException(new(StatusCode.NotFound, $"there is no node {TextLimit.Truncate(hello.Node, MaxNameLength)}"));
        var history = store.Subscribe(hello.Node);
        try
        {
            var session = new AgentSession(hello.Node, TextLimit.Truncate(hello.Agent, MaxNameLength), history, meter, time, log) { IsAgent = caller.Node is not null };
            if (caller.Node is null)
                await session.RunAsync(requestStream, responseStream, cancel);
            else
                await ServeAgentAsync(session, requestStream, responseStream, cancel);
        }
        finally
        {
            store.Unsubscribe(hello.Node);
        }
    }

    private async Task ServeAgentAsync(AgentSession session, IAsyncStreamReader<AgentMessage> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        try
        {
            registry.Register(session);
            Log.Connected(log, session.State.Node, session.State.Agent);
            await session.RunAsync(new AgentMessageReader(reports, addresses => reported.Report(session.State.Node, addresses)), updates, cancel);
        }
        finally
        {
            registry.Unregister(session);
            Log.Disconnected(log, session.State.Node);
        }
    }
}

/// <summary>The reports of an agent without those of addresses, which may come at any time and go to <paramref name="take"/>.</summary>
/// <param name="reports">All reports.</param>
/// <param name="take">Takes the addresses of a report.</param>
internal sealed class AgentMessageReader(IAsyncStreamReader<AgentMessage> reports, Action<ValueArray<IpAddress>> take) : IAsyncStreamReader<AgentMessage>
{
    public AgentMessage Current => reports.Current;

    /// <exception cref="RpcException">A report has something that is no address.</exception>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        while (await reports.MoveNext(cancellationToken))
        {
            if (reports.Current.Addresses is not { } addresses)
                return true;
            try
            {
                take(NodeAddressConversion.Read(addresses));
            }
            catch (ProtocolException error)
            {
                throw new RpcException(new(StatusCode.InvalidArgument, error.Message));
            }
        }
        return false;
    }
}
