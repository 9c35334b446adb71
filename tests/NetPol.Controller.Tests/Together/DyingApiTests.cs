using Grpc.Core;
using k8s;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Controller.Leading;
using NetPol.Controller.Pages;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Tests.Trust;
using NetPol.Controller.Trust;
using NetPol.Testing;

namespace NetPol.Controller.Tests.Together;

/// <summary>Nothing of the controller ends because the API server dies while it answers.</summary>
[TestClass, TestCategory("Unit")]
public sealed class DyingApiTests : IDisposable
{
    private static readonly ControllerOptions Options = new() { Name = "one" };
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly PausedTime _time = new();
    private readonly RuleBook _book;

    public DyingApiTests()
    {
        _book = new(TestMeter.New(), _time);
        _book.Apply(new(), _time.GetUtcNow());
    }

    public void Dispose() => _patience.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task The_certificates_are_looked_after_again(bool cuts) =>
        AssertAsksAgainAsync<CertificateKeeper>(cuts, (client, log) => new CertificateKeeper(client, Options, _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task Status_is_written_again(bool cuts) =>
        AssertAsksAgainAsync<StatusWriter>(cuts, (client, log) => new StatusWriter(
            client, Options, _book, new(), new(() => []), Leadership(client), new(client, Options), TestMeter.New(), _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task The_lease_is_asked_for_again(bool cuts) =>
        AssertAsksAgainAsync<Leadership>(cuts, (client, log) => new Leadership(client, Options, _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Who_calls_is_told_to_come_again(bool cuts)
    {
        await using var api = await FakeApi.StartDyingAsync(cuts);
        using var authenticator = new AgentAuthenticator(api.Client, Options, TestMeter.Access(), _time);
        var refused = await Assert.ThrowsExactlyAsync<RpcException>(() => authenticator.AuthenticateAsync($"Bearer {TestToken.Make("a")}", new(System.Net.IPAddress.Loopback, IsKnown: false), _patience.Token));
        Assert.AreEqual(StatusCode.Unavailable, refused.StatusCode);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task The_page_says_what_could_not_be_read(bool cuts)
    {
        await using var api = await FakeApi.StartDyingAsync(cuts);
        Assert.IsNotNull((await new OtherReplicas(Options, new(api.Client, Options), _time).ReadAsync(_patience.Token)).Fault);
    }

    private async Task AssertAsksAgainAsync<T>(bool cuts, Func<IKubernetes, ILogger<T>, BackgroundService> make)
    {
        await using var api = await FakeApi.StartDyingAsync(cuts);
        using var log = new LineLog<T>();
        using var service = make(api.Client, log);
        await service.StartAsync(_patience.Token);
        for (var tries = 0; tries < 2; tries++)
        {
            // Ends with the service's own error if it has ended.
            await await Task.WhenAny(log.NextAsync(_patience.Token), service.ExecuteTask!);
            await _time.PassPauseAsync();
        }
        await service.StopAsync(_patience.Token);
        Assert.IsTrue(service.ExecuteTask!.IsCanceled);
    }

    private Leadership Leadership(IKubernetes client) => new(client, Options, _time, NullLogger<Leadership>.Instance);
}
