using System.Text.Json.Nodes;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Security;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Security;

/// <summary>How much work of the API server a caller can cause.</summary>
[TestClass, TestCategory("Unit")]
public sealed class TokenAuthenticatorTests : IDisposable
{
    private static readonly string Observer = TokenReviews.Authenticated("netpol-observer");

    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    public async Task A_token_that_was_just_refused_is_not_asked_about_again()
    {
        await using var api = await FakeApiServer.StartAsync();
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        for (var tries = 0; tries < 5; tries++)
            Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(authenticator, TestToken.Make("garbage")));
        Assert.AreEqual(1, api.Tokens.Count);
        await RefusedAsync(authenticator, TestToken.Make("other garbage"));
        Assert.AreEqual(2, api.Tokens.Count);
        _time.Advance(TimeSpan.FromSeconds(11));
        await RefusedAsync(authenticator, TestToken.Make("garbage"));
        Assert.AreEqual(3, api.Tokens.Count, "a refusal is remembered for a moment");
    }

    [TestMethod]
    [DataRow("n1", null)]
    [DataRow("n2", "the token names node n1, but its pod runs on n2")]
    public async Task A_review_of_Kubernetes_1_37_names_the_pod_and_its_node(string runsOn, string? refusal)
    {
        var review = JsonNode.Parse(RecordedServer.Read("tokenreview.json"))!["status"]!.ToJsonString();
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = (_, _) => Task.FromResult(review);
        api.Objects.Put("Pod", $$$"""{"metadata":{"name":"netpol-agent-shfkm","namespace":"netpol-system","uid":"22789ef0-0e5b-4599-be4f-09ee364a6d35"},"spec":{"nodeName":"{{{runsOn}}}"}}""");
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        var asking = authenticator.AuthenticateAsync($"Bearer {TestToken.Make("agent")}", At(1), _timeout.Token);
        if (refusal is null)
            Assert.AreEqual("n1", (await asking).Node);
        else
            Assert.AreEqual(refusal, (await Assert.ThrowsExactlyAsync<RpcException>(() => asking)).Status.Detail);
    }

    [TestMethod]
    public async Task However_many_call_the_server_is_asked_about_some_tokens_at_a_time()
    {
        const int Pools = 24;
        var (under, most) = (0, 0);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var together = new Lock();
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = async (_, cancel) =>
        {
            lock (together)
                most = Math.Max(most, ++under);
            await go.Task.WaitAsync(cancel);
            lock (together)
                under--;
            return Observer;
        };
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        // A quarter comes from one address, and half from known ones.
        var calls = Enumerable.Range(0, 160).Select(i =>
        {
            var origin = i % 4 == 0 ? At(1) : At(i + 2, isKnown: i % 2 == 1);
            return authenticator.AuthenticateAsync($"Bearer {TestToken.Make($"{i}")}", origin, _timeout.Token);
        }).ToList();
        while (Volatile.Read(ref under) < Pools)
            await Task.Yield();
        go.SetResult();
        var callers = await Task.WhenAll(calls);
        Assert.AreEqual(Pools, most);
        Assert.IsTrue(callers.All(c => c.Node is null));
    }

    [TestMethod]
    public async Task A_token_that_was_good_before_is_never_behind_unknown_addresses()
    {
        var unknownAddresses = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var good = TestToken.Make("good");
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = async (token, cancel) =>
        {
            if (token == good)
                return Observer;
            await unknownAddresses.Task.WaitAsync(cancel);
            return TokenReviews.Refused;
        };
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        await authenticator.AuthenticateAsync($"Bearer {good}", At(1), _timeout.Token);
        // The unauthenticated clients are at the same address, and more than may wait.
        var flood = Enumerable.Range(0, 200).Select(i => authenticator.AuthenticateAsync($"Bearer {TestToken.Make($"{i}")}", At(1), _timeout.Token)).ToList();
        Assert.AreEqual(200 - TokenReviewLimiter.MaxPerAddress - TokenReviewLimiter.MaxWaitingPerAddress, flood.Count(f => f is { IsFaulted: true, Exception.InnerException: RpcException { StatusCode: StatusCode.ResourceExhausted } }));
        for (var again = 0; again < 3; again++)
            Assert.IsNull((await authenticator.AuthenticateAsync($"Bearer {good}", At(1), _timeout.Token)).Node);
        // Others are not behind the one address either.
        Assert.IsLessThanOrEqualTo(4 + TokenReviewLimiter.MaxPerAddress, api.Tokens.Count);
        unknownAddresses.SetResult();
        await ((Task)Task.WhenAll(flood)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [TestMethod]
    public async Task The_server_is_not_asked_about_a_token_that_says_itself_that_it_is_not_for_us()
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Tokens.Answer = (_, _) => Task.FromResult(Observer);
        using var authenticator = new TokenAuthenticator(api.Client, new(), TestControllerMetrics.Access(), _time);
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(authenticator, "garbage"));
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(authenticator, TestToken.Make("a", audience: "vault")));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(authenticator, TestToken.Make("a", account: "default")));
        Assert.AreEqual(0, api.Tokens.Count);
    }

    private async Task<StatusCode> RefusedAsync(TokenAuthenticator authenticator, string token) =>
        (await Assert.ThrowsExactlyAsync<RpcException>(() => authenticator.AuthenticateAsync($"Bearer {token}", At(1), _timeout.Token))).StatusCode;

    private static TokenOrigin At(int host, bool isKnown = false) => new(new(0x0a000000 + host), isKnown);
}
