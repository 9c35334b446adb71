using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using NetPol.Hosting;

namespace NetPol.Controller.Security;

/// <summary>
/// The authenticated callers of connections. The API server reviews a token when a stream begins, and every few minutes while the stream lasts, not for
/// each small call on the connection.
/// </summary>
internal sealed class ConnectionCallers(TokenAuthenticator authenticator, TimeProvider time)
{
    /// <summary>How long the API server's result for a token is used before the next review.</summary>
    public static readonly TimeSpan ReviewInterval = TimeSpan.FromMinutes(5);

    /// <summary>Lets the API server review the token.</summary>
    /// <exception cref="RpcException">As <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> AuthenticateAsync(HttpContext context) => AuthenticateAsync(context, context.RequestAborted);

    /// <summary>Lets the API server review the token, unless it accepted the same token on this connection within <see cref="ReviewInterval"/>.</summary>
    /// <exception cref="RpcException">As <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> GetOrAuthenticateAsync(HttpContext context) =>
        Find(context) is { } authenticated && time.GetElapsedTime(authenticated.At) < ReviewInterval ? Task.FromResult(authenticated.Caller) : AuthenticateAsync(context);

    /// <summary>Returns whether the request has the token that was last accepted on its connection, at any time.</summary>
    public static bool IsAuthenticated(HttpContext context) => Find(context) is not null;

    /// <summary>Returns the caller, which was authenticated before the body of the request was read.</summary>
    /// <exception cref="InvalidOperationException">The call was not authenticated: it must not be served.</exception>
    public static Caller GetCaller(ServerCallContext context) => context.GetHttpContext().Items[typeof(Caller)] as Caller? ?? throw new InvalidOperationException("a call is served before its caller proved who it is");

    /// <summary>The node of the agent that calls.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="GetCaller"/>, or an observer was let through.</exception>
    public static string GetNode(ServerCallContext context) => GetCaller(context).Node ?? throw new InvalidOperationException("an observer makes a call that only agents may make");

    /// <summary>Stores the caller of a request.</summary>
    public static void SetCaller(HttpContext context, Caller caller) => context.Items[typeof(Caller)] = caller;

    /// <summary>
    /// Serves a stream of an authenticated caller as long as the API server accepts its token. While the API server is unreachable, streams
    /// continue.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="serve">Serves until it is canceled.</param>
    /// <exception cref="RpcException">The token is no longer good: as <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public async Task WhileAuthenticatedAsync(ServerCallContext context, Func<CancellationToken, Task> serve)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var reviewing = ReviewUntilRejectedAsync(context.GetHttpContext(), end.Token);
        var serving = serve(end.Token);
        var first = await Task.WhenAny(serving, reviewing);
        await end.CancelAsync();
        await Task.WhenAll(serving, reviewing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    private async Task ReviewUntilRejectedAsync(HttpContext context, CancellationToken cancel)
    {
        while (true)
        {
            var before = Find(context);
            await Task.Delay(ReviewInterval, time, cancel);
            // Another stream of the connection may have requested a review in the meantime.
            if (Find(context) is { } now && now != before)
                continue;
            try
            {
                await AuthenticateAsync(context, cancel);
            }
            catch (RpcException silence) when (silence.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            {
                // The API server is unreachable: try again after the interval.
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
