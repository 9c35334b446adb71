using Grpc.Core;
using NetPol.Controller.Security;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Security;

[TestClass, TestCategory("Unit")]
public sealed class ConnectionCallersTests : IDisposable
{
    private static readonly string Good = TokenReviews.Authenticated("netpol-observer");

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));
    private readonly PausedTimeProvider _time = new();

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    public async Task A_stream_ends_when_its_token_is_invalid_not_when_the_review_fails()
    {
        Queue<string?> answers = new([Good, Good, null, Good, TokenReviews.Refused]);
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = (_, _) => answers.Dequeue() is { } answer ? Task.FromResult(answer) : throw new IOException("the test fails this review");
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        var call = new FakeCallContext(TestToken.Make("a"), _timeout.Token);
        Assert.IsNull((await callers.AuthenticateAsync(call.Http)).Node);
        var isCanceled = false;
        var stream = callers.WhileAuthenticatedAsync(call, async cancel =>
        {
            var canceled = new TaskCompletionSource();
            await using var registration = cancel.Register(canceled.SetResult);
            await canceled.Task;
            isCanceled = true;
        });
        for (var looks = answers.Count; looks > 0; looks--)
            await _time.PassPauseAsync();
        Assert.AreEqual(StatusCode.Unauthenticated, (await Assert.ThrowsExactlyAsync<RpcException>(() => stream.WaitAsync(_timeout.Token))).StatusCode);
        Assert.IsTrue(isCanceled);
    }

    [TestMethod]
    public async Task A_stream_that_ends_by_itself_ends_as_it_does()
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = (_, _) => Task.FromResult(Good);
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        await callers.WhileAuthenticatedAsync(new FakeCallContext(TestToken.Make("a"), _timeout.Token), _ => Task.CompletedTask);
        var broken = new InvalidOperationException("broken");
        Assert.AreSame(broken, await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => callers.WhileAuthenticatedAsync(new FakeCallContext(TestToken.Make("a"), _timeout.Token), _ => Task.FromException(broken))));
    }

    [TestMethod]
    public async Task A_token_is_known_on_its_connection_for_some_minutes()
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = (_, _) => Task.FromResult(Good);
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        var call = new FakeCallContext(TestToken.Make("a"), _timeout.Token);
        await callers.GetOrAuthenticateAsync(call.Http);
        await callers.GetOrAuthenticateAsync(call.Http);
        Assert.AreEqual(1, api.Tokens.Count);
        _time.Advance(ConnectionCallers.ReviewInterval);
        await callers.GetOrAuthenticateAsync(call.Http);
        Assert.AreEqual(2, api.Tokens.Count);
    }
}
