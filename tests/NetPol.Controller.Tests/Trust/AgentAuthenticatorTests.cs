using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Trust;

namespace NetPol.Controller.Tests.Trust;

/// <summary>How much whoever calls can make the API server work.</summary>
[TestClass]
public sealed class AgentAuthenticatorTests : IDisposable
{
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _patience.Dispose();

    [TestMethod]
    public async Task A_token_that_was_just_refused_is_not_asked_about_again()
    {
        var reviews = 0;
        await using var api = await FakeApi.StartAsync(context =>
        {
            Interlocked.Increment(ref reviews);
            return FakeApi.AnswerReviewAsync(context, isObserver: false);
        });
        using var authenticator = new AgentAuthenticator(api.Client, new(), _time);
        for (var tries = 0; tries < 5; tries++)
            Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(authenticator, "garbage"));
        Assert.AreEqual(1, reviews);
        await RefusedAsync(authenticator, "other garbage");
        Assert.AreEqual(2, reviews);
        _time.Advance(TimeSpan.FromSeconds(11));
        await RefusedAsync(authenticator, "garbage");
        Assert.AreEqual(3, reviews, "a refusal is remembered for a moment");
    }

    [TestMethod]
    public async Task However_many_call_the_server_is_asked_about_some_tokens_at_a_time()
    {
        const int Bound = 32;
        var (under, most, all) = (0, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var together = new Lock();
        await using var api = await FakeApi.StartAsync(async context =>
        {
            lock (together)
            {
                most = Math.Max(most, ++under);
                if (under == Bound)
                    all.TrySetResult();
            }
            await all.Task.WaitAsync(_patience.Token);
            // Others that are under way get here first.
            for (var turns = 0; turns < 100; turns++)
                await Task.Yield();
            lock (together)
                under--;
            await FakeApi.AnswerReviewAsync(context, isObserver: true);
        });
        using var authenticator = new AgentAuthenticator(api.Client, new(), _time);
        var callers = await Task.WhenAll(Enumerable.Range(0, 20 * Bound).Select(i => authenticator.AuthenticateAsync($"Bearer {i}", _patience.Token)));
        Assert.AreEqual(Bound, most);
        Assert.IsTrue(callers.All(c => c.Node is null));
    }

    private async Task<StatusCode> RefusedAsync(AgentAuthenticator authenticator, string token) =>
        (await Assert.ThrowsExactlyAsync<RpcException>(() => authenticator.AuthenticateAsync($"Bearer {token}", _patience.Token))).StatusCode;
}
