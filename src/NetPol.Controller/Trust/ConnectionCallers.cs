using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using NetPol.Hosting;

namespace NetPol.Controller.Trust;

/// <summary>
/// Who calls. On one connection a token is shown to the API server when a stream begins, and again every few minutes while one lasts; not for
/// each small question.
/// </summary>
internal sealed class ConnectionCallers(AgentAuthenticator authenticator, TimeProvider time)
{
    /// <summary>How long the API server's word is taken as it was.</summary>
    public static readonly TimeSpan Belief = TimeSpan.FromMinutes(5);

    /// <summary>Asks the API server.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> ProveAsync(HttpContext context) => ProveAsync(context, context.RequestAborted);

    /// <summary>Asks the API server unless the same token was proven on this connection, not long ago.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> KnownAsync(HttpContext context) =>
        Find(context) is { } proven && time.GetElapsedTime(proven.At) < Belief ? Task.FromResult(proven.Caller) : ProveAsync(context);

    /// <summary>Whether the request shows the token that was last proven on its connection, however long ago.</summary>
    public static bool IsKnown(HttpContext context) => Find(context) is not null;

    /// <summary>Who calls, as was found before the body of the request was read.</summary>
    /// <exception cref="InvalidOperationException">Nobody was asked for a proof: the call must not be served.</exception>
    public static Caller Of(ServerCallContext context) => context.GetHttpContext().Items[typeof(Caller)] as Caller? ?? throw new InvalidOperationException("a call is served before its caller proved who it is");

    /// <summary>The node of the agent that calls.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Of"/>, or an observer was let through.</exception>
    public static string NodeOf(ServerCallContext context) => Of(context).Node ?? throw new InvalidOperationException("an observer makes a call that only agents may make");

    /// <summary>Notes who calls.</summary>
    public static void Note(HttpContext context, Caller caller) => context.Items[typeof(Caller)] = caller;

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
        var doubting = DoubtAsync(context.GetHttpContext(), end.Token);
        var serving = serve(end.Token);
        var first = await Task.WhenAny(serving, doubting);
        await end.CancelAsync();
        await Task.WhenAll(serving, doubting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private static IDictionary<object, object?> Items(HttpContext context) =>
        context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;

    private static Proven? Find(HttpContext context)
    {
        var items = Items(context);
        lock (items)
        {
            return items.TryGetValue(typeof(ConnectionCallers), out var found) && found is Proven proven
                && string.Equals(proven.Proof, Header(context), StringComparison.Ordinal) ? proven : null;
        }
    }

    private async Task DoubtAsync(HttpContext context, CancellationToken cancel)
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
            catch (RpcException silence) when (silence.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            {
                // The next time.
            }
        }
    }

    private async Task<Caller> ProveAsync(HttpContext context, CancellationToken cancel)
    {
        var proof = Header(context);
        var connection = context.Features.Get<GuardedConnection>();
        var address = connection?.Address ?? ConnectionGuard.Plain(context.Connection.RemoteIpAddress is { } remote ? new IPEndPoint(remote, 0) : null);
        connection?.Asks(1);
        Caller caller;
        try
        {
            caller = await authenticator.AuthenticateAsync(proof, new(address, connection?.IsOfKnownAddress == true), cancel);
        }
        finally
        {
            connection?.Asks(-1);
        }
        connection?.Prove();
        var items = Items(context);
        lock (items)
            items[typeof(ConnectionCallers)] = new Proven(proof!, caller, time.GetTimestamp());
        return caller;
    }

    private static string? Header(HttpContext context) => context.Request.Headers.Authorization is { Count: > 0 } header ? header.ToString() : null;

    private sealed record Proven(string Proof, Caller Caller, long At);
}
