using Grpc.Core;
using Microsoft.AspNetCore.Http;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Trust;
using NetPol.Testing;

namespace NetPol.Controller.Tests.Trust;

[TestClass, TestCategory("Unit")]
public sealed class ConnectionCallersTests : IDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly PausedTime _time = new();

    public void Dispose() => _patience.Dispose();

    [TestMethod]
    public async Task A_stream_ends_when_its_token_is_good_no_longer_and_not_while_nobody_can_say()
    {
        Queue<Func<HttpContext, Task>> answers = new([Good, Good, Silent, Good, Worn]);
        await using var api = await FakeApi.StartAsync(context => answers.Dequeue()(context));
        using var authenticator = new AgentAuthenticator(api.Client, new(), TestMeter.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        var call = new FakeCallContext(TestToken.Make("a"), _patience.Token);
        Assert.IsNull((await callers.ProveAsync(call.Http)).Node);
        var isCancelled = false;
        var stream = callers.WhileProvenAsync(call, async cancel =>
        {
            var cancelled = new TaskCompletionSource();
            await using var registration = cancel.Register(cancelled.SetResult);
            await cancelled.Task;
            isCancelled = true;
        });
        for (var looks = answers.Count; looks > 0; looks--)
            await _time.PassPauseAsync();
        Assert.AreEqual(StatusCode.Unauthenticated, (await Assert.ThrowsExactlyAsync<RpcException>(() => stream.WaitAsync(_patience.Token))).StatusCode);
        Assert.IsTrue(isCancelled);
    }

    [TestMethod]
    public async Task A_stream_that_ends_by_itself_ends_as_it_does()
    {
        await using var api = await FakeApi.StartAsync(Good);
        using var authenticator = new AgentAuthenticator(api.Client, new(), TestMeter.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        await callers.WhileProvenAsync(new FakeCallContext(TestToken.Make("a"), _patience.Token), _ => Task.CompletedTask);
        var broken = new InvalidOperationException("broken");
        Assert.AreSame(broken, await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => callers.WhileProvenAsync(new FakeCallContext(TestToken.Make("a"), _patience.Token), _ => Task.FromException(broken))));
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
        using var authenticator = new AgentAuthenticator(api.Client, new(), TestMeter.Access(), _time);
        var callers = new ConnectionCallers(authenticator, _time);
        var call = new FakeCallContext(TestToken.Make("a"), _patience.Token);
        await callers.KnownAsync(call.Http);
        await callers.KnownAsync(call.Http);
        Assert.AreEqual(1, reviews);
        _time.Advance(ConnectionCallers.Belief);
        await callers.KnownAsync(call.Http);
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
