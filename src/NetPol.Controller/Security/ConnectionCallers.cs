using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using NetPol.Hosting;

namespace NetPol.Controller.Security;

/// <summary>
/// Who calls. On one connection a token is shown to the API server when a stream begins, and again every few minutes while one lasts; not for
/// each small question.
/// </summary>
internal sealed class ConnectionCallers(TokenAuthenticator authenticator, TimeProvider time)
{
    /// <summary>How long the API server's word is taken as it was.</summary>
    public static readonly TimeSpan Belief = TimeSpan.FromMinutes(5);

    /// <summary>Asks the API server.</summary>
    /// <exception cref="RpcException">As <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> AuthenticateAsync(HttpContext context) => AuthenticateAsync(context, context.RequestAborted);

    /// <summary>Asks the API server unless the same token was proven on this connection, not long ago.</summary>
    /// <exception cref="RpcException">As <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> GetOrAuthenticateAsync(HttpContext context) =>
        Find(context) is { } authenticated && time.GetElapsedTime(authenticated.At) < Belief ? Task.FromResult(authenticated.Caller) : AuthenticateAsync(context);

    /// <summary>Whether the request shows the token that was last proven on its connection, however long ago.</summary>
    public static bool IsAuthenticated(HttpContext context) => Find(context) is not null;

    /// <summary>Who calls, as was found before the body of the request was read.</summary>
    /// <exception cref="InvalidOperationException">Nobody was asked for a proof: the call must not be served.</exception>
    public static Caller GetCaller(ServerCallContext context) => context.GetHttpContext().Items[typeof(Caller)] as Caller? ?? throw new InvalidOperationException("a call is served before its caller proved who it is");

    /// <summary>The node of the agent that calls.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="GetCaller"/>, or an observer was let through.</exception>
    public static string GetNode(ServerCallContext context) => GetCaller(context).Node ?? throw new InvalidOperationException("an observer makes a call that only agents may make");

    /// <summary>Notes who calls.</summary>
    public static void SetCaller(HttpContext context, Caller caller) => context.Items[typeof(Caller)] = caller;

    /// <summary>
    /// Serves a stream of a caller who has just been proven, as long as the API server stands by its word. While it cannot be asked, nobody
    /// is sent away.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="serve">Serves until it is cancelled.</param>
    /// <exception cref="RpcException">The token is no longer good: as <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public async Task WhileAuthenticatedAsync(ServerCallContext context, Func<CancellationToken, Task> serve)
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

    private static Authenticated? Find(HttpContext context)
    {
        var items = Items(context);
        lock (items)
        {
            return items.TryGetValue(typeof(ConnectionCallers), out var found) && found is Authenticated authenticated
                && string.Equals(authenticated.Proof, Header(context), StringComparison.Ordinal) ? authenticated : null;
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
                await AuthenticateAsync(context, cancel);
            }
            catch (RpcException silence) when (silence.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            {
                // The next time.
            }
        }
    }

    private async Task<Caller> AuthenticateAsync(HttpContext context, CancellationToken cancel)
    {
        var proof = Header(context);
        var connection = context.Features.Get<LimitedConnection>();
        var address = connection?.Address ?? ConnectionLimiter.Normalize(context.Connection.RemoteIpAddress is { } remote ? new IPEndPoint(remote, 0) : null);
        connection?.CountPendingReviews(1);
        Caller caller;
        try
        {
            caller = await authenticator.AuthenticateAsync(proof, new(address, connection?.IsFromKnownAddress == true), cancel);
        }
        finally
        {
            connection?.CountPendingReviews(-1);
        }
        connection?.MarkAuthenticated();
        var items = Items(context);
        lock (items)
            items[typeof(ConnectionCallers)] = new Authenticated(proof!, caller, time.GetTimestamp());
        return caller;
    }

    private static string? Header(HttpContext context) => context.Request.Headers.Authorization is { Count: > 0 } header ? header.ToString() : null;

    private sealed record Authenticated(string Proof, Caller Caller, long At);
}
