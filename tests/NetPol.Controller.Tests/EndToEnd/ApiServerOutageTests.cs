using Grpc.Core;
using k8s;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Controller.Dashboard;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;
using NetPol.Controller.Status;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>Nothing of the controller ends because the API server dies while it answers.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ApiServerOutageTests : IDisposable
{
    private static readonly ControllerOptions Options = new() { Name = "one" };
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(30));
    private readonly PausedTimeProvider _time = new();
    private readonly RuleSetStore _store;

    public ApiServerOutageTests()
    {
        _store = new(TestControllerMetrics.New(), _time);
        _store.Apply(new(), _time.GetUtcNow());
    }

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task The_certificates_are_looked_after_again(bool cuts) =>
        AssertAsksAgainAsync<CertificateManager>(cuts, (client, log) => new CertificateManager(client, Options, _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task Status_is_written_again(bool cuts) =>
        AssertAsksAgainAsync<StatusWriter>(cuts, (client, log) => new StatusWriter(
            client, Options, _store, new(), new(() => []), Leadership(client), new(client, Options), TestControllerMetrics.New(), _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public Task The_lease_is_asked_for_again(bool cuts) =>
        AssertAsksAgainAsync<LeaderElectionService>(cuts, (client, log) => new LeaderElectionService(client, Options, _time, log));

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Who_calls_is_reported_to_come_again(bool cuts)
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Answers.Default = PreparedAnswers.Truncated(cuts);
        using var authenticator = new TokenAuthenticator(api.Client, Options, TestControllerMetrics.Access(), _time);
        var refused = await Assert.ThrowsExactlyAsync<RpcException>(() => authenticator.AuthenticateAsync($"Bearer {TestToken.Make("a")}", new(System.Net.IPAddress.Loopback, IsKnown: false), _timeout.Token));
        Assert.AreEqual(StatusCode.Unavailable, refused.StatusCode);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task The_page_says_what_could_not_be_read(bool cuts)
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Answers.Default = PreparedAnswers.Truncated(cuts);
        Assert.IsNotNull((await new OtherReplicas(Options, new(api.Client, Options), _time).ReadAsync(_timeout.Token)).Fault);
    }

    private async Task AssertAsksAgainAsync<T>(bool cuts, Func<IKubernetes, ILogger<T>, BackgroundService> make)
    {
        await using var api = await FakeApiServer.StartAsync();
        api.Answers.Default = PreparedAnswers.Truncated(cuts);
        using var log = new LineLog<T>();
        using var service = make(api.Client, log);
        await service.StartAsync(_timeout.Token);
        for (var tries = 0; tries < 2; tries++)
        {
            // Ends with the service's own error if it has ended.
            await await Task.WhenAny(log.NextAsync(_timeout.Token), service.ExecuteTask!);
            await _time.PassPauseAsync();
        }
        await service.StopAsync(_timeout.Token);
        Assert.IsTrue(service.ExecuteTask!.IsCanceled);
    }

    private LeaderElectionService Leadership(IKubernetes client) => new(client, Options, _time, NullLogger<LeaderElectionService>.Instance);
}
