using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace NetPol.Controller.Trust;

/// <summary>
/// Who calls. On one connection a token is shown to the API server when a stream begins, and again every few minutes while one lasts; not for
/// each small question.
/// </summary>
internal sealed class ConnectionCallers(AgentAuthenticator authenticator, TimeProvider time)
{
    /// <summary>How long the API server's word is taken as it was.</summary>
    public static readonly TimeSpan Belief = TimeSpan.FromMinutes(5);

    private const string Header = "authorization";

    /// <summary>Asks the API server.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> ProveAsync(ServerCallContext context) => ProveAsync(context, context.CancellationToken);

    /// <summary>Asks the API server unless the same token was proven on this connection, not long ago.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> KnownAsync(ServerCallContext context) =>
        Find(context) is { } proven && time.GetElapsedTime(proven.At) < Belief ? Task.FromResult(proven.Caller) : ProveAsync(context);

    /// <summary>
    /// Serves a stream of a caller who has just been proven, as long as the API server stands by its word. While it cannot be asked, nobody
    /// is sent away.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="serve">Serves until it is cancelled.</param>
    /// <exception cref="RpcException">The token is no longer good: as <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public async Task WhileProvenAsync(ServerCallContext context, Func<CancellationToken, Task> serve)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var doubting = DoubtAsync(context, end.Token);
        var serving = serve(end.Token);
        var first = await Task.WhenAny(serving, doubting);
        await end.CancelAsync();
        await Task.WhenAll(serving, doubting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private static IDictionary<object, object?> Items(ServerCallContext context) =>
        context.GetHttpContext().Features.GetRequiredFeature<IConnectionItemsFeature>().Items;

    private static Proven? Find(ServerCallContext context)
    {
        var items = Items(context);
        lock (items)
        {
            return items.TryGetValue(typeof(ConnectionCallers), out var found) && found is Proven proven
                && string.Equals(proven.Proof, context.RequestHeaders.GetValue(Header), StringComparison.Ordinal) ? proven : null;
        }
    }

    private async Task DoubtAsync(ServerCallContext context, CancellationToken cancel)
    {
        while (true)
        {
            var before = Find(context);
            await Task.Delay(Belief, time, cancel);
            // Another stream of the connection may have asked meanwhile.
            if (Find(context) is { } now && now != before)
                continue;
            try
            {
                await ProveAsync(context, cancel);
            }
            catch (RpcException silence) when (silence.StatusCode == StatusCode.Unavailable)
            {
                // The next time.
            }
        }
    }

    private async Task<Caller> ProveAsync(ServerCallContext context, CancellationToken cancel)
    {
        var proof = context.RequestHeaders.GetValue(Header);
        var caller = await authenticator.AuthenticateAsync(proof, cancel);
        var items = Items(context);
        lock (items)
            items[typeof(ConnectionCallers)] = new Proven(proof!, caller, time.GetTimestamp());
        return caller;
    }

    private sealed record Proven(string Proof, Caller Caller, long At);
}
