using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetPol.Controller.Security;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Security;

[TestClass, TestCategory("Unit")]
public sealed class ConnectionCallersTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));
    private readonly PausedTimeProvider _time = new();

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    public async Task A_stream_ends_when_its_token_is_good_no_longer_and_not_while_nobody_can_say()
    {
        Queue<Func<HttpContext, Task>> answers = new([Good, Good, Silent, Good, Worn]);
        await using var api = await FakeApi.StartAsync(context => answers.Dequeue()(context));
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
        await using var api = await FakeApi.StartAsync(Good);
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        await callers.WhileAuthenticatedAsync(new FakeCallContext(TestToken.Make("a"), _timeout.Token), _ => Task.CompletedTask);
        var broken = new InvalidOperationException("broken");
        Assert.AreSame(broken, await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => callers.WhileAuthenticatedAsync(new FakeCallContext(TestToken.Make("a"), _timeout.Token), _ => Task.FromException(broken))));
    }

    [TestMethod]
    public async Task A_token_is_known_on_its_connection_for_some_minutes()
    {
        var reviews = 0;
        await using var api = await FakeApi.StartAsync(context =>
        {
            Interlocked.Increment(ref reviews);
            return Good(context);
        });
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        var call = new FakeCallContext(TestToken.Make("a"), _timeout.Token);
        await callers.GetOrAuthenticateAsync(call.Http);
        await callers.GetOrAuthenticateAsync(call.Http);
        Assert.AreEqual(1, reviews);
        _time.Advance(ConnectionCallers.ReviewInterval);
        await callers.GetOrAuthenticateAsync(call.Http);
        Assert.AreEqual(2, reviews);
    }

    private static Task Good(HttpContext context) => FakeApi.AnswerReviewAsync(context, isObserver: true);

    private static Task Worn(HttpContext context) => FakeApi.AnswerReviewAsync(context, isObserver: false);

    private static Task Silent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        return Task.CompletedTask;
    }
}
