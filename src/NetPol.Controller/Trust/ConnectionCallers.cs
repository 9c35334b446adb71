using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace NetPol.Controller.Trust;

/// <summary>Who calls. On one connection a token is shown to the API server when a stream begins, and not again for each small question.</summary>
internal sealed class ConnectionCallers(AgentAuthenticator authenticator)
{
    private const string Header = "authorization";

    /// <summary>Asks the API server.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public async Task<Caller> ProveAsync(ServerCallContext context)
    {
        var proof = context.RequestHeaders.GetValue(Header);
        var caller = await authenticator.AuthenticateAsync(proof, context.CancellationToken);
        var items = Items(context);
        lock (items)
            items[typeof(ConnectionCallers)] = new Proven(proof!, caller);
        return caller;
    }

    /// <summary>Asks the API server unless the same token was proven on this connection.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> KnownAsync(ServerCallContext context)
    {
        var items = Items(context);
        lock (items)
        {
            if (items.TryGetValue(typeof(ConnectionCallers), out var found) && found is Proven proven
                && string.Equals(proven.Proof, context.RequestHeaders.GetValue(Header), StringComparison.Ordinal))
                return Task.FromResult(proven.Caller);
        }
        return ProveAsync(context);
    }

    private static IDictionary<object, object?> Items(ServerCallContext context) =>
        context.GetHttpContext().Features.GetRequiredFeature<IConnectionItemsFeature>().Items;

    private sealed record Proven(string Proof, Caller Caller);
}
