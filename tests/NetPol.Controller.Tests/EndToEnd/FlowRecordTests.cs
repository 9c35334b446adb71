using System.Diagnostics.Metrics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.FlowLogs;
using NetPol.Agent.Sync;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol;
using NetPol.Protocol.Flows;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>Flow records on their way from an agent through a controller to observers.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class FlowRecordTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly Dictionary<string, IpAddress> Pods = new(StringComparer.Ordinal)
    {
        ["shop"] = IpAddress.Parse("10.2.0.1"),
        ["bank"] = IpAddress.Parse("10.2.0.2"),
        ["withheld"] = IpAddress.Parse("10.2.0.3"),
    };

    private static readonly SharedTestController Started = new(StartAsync);
    private readonly CancellationTokenSource _timeout = new(Timeout);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    public void Dispose()
    {
        _services.Dispose();
        _timeout.Dispose();
    }

    [TestMethod]
    public async Task An_observer_hears_what_an_agent_reports_and_denials_are_remembered()
    {
        var host = await Started.Value;
        using var agent = Open(host);
        using var observer = Open(host);
        var (agentToken, observerToken) = (await host.TokenAsync(), await ObserverTokenAsync(host));
        await using var watched = observer.ObserveAsync(observerToken, new() { Follow = true, Namespace = "shop" }, _timeout.Token).GetAsyncEnumerator(_timeout.Token);
        Assert.IsTrue(await watched.MoveNextAsync(), "the first batch comes at once");
        var (denied, allowed, elsewhere) = (Record("shop", Verdict.Deny), Record("shop", Verdict.Allow), Record("bank", Verdict.Deny));

        var demand = await agent.ReportAsync(agentToken, new([denied, allowed, elsewhere], 3), _timeout.Token);
        Assert.IsGreaterThan(100, demand, "somebody watches");
        Assert.IsTrue(await watched.MoveNextAsync());
        Assert.AreEqual(3, watched.Current.Lost);
        // Whatever an agent claims, it speaks of its own node, and of addresses that are whose the cluster says.
        CollectionAssert.AreEqual(new[] { Known(denied, "shop"), Known(allowed, "shop") }, watched.Current.Records.ToArray());
        Assert.AreEqual(Known(elsewhere, "bank"), host.Flows.RecentDenials[^1]);

        List<FlowBatch> remembered = [];
        await foreach (var batch in observer.ObserveAsync(observerToken, new() { Denied = true, Namespace = "shop" }, _timeout.Token))
            remembered.Add(batch);
        Assert.AreEqual(Known(denied, "shop"), Assert.ContainsSingle(remembered).Records[^1]);
    }

    [TestMethod]
    public async Task An_agent_learns_who_has_an_address()
    {
        var host = await Started.Value;
        var address = IpAddress.Parse("10.1.0.77");
        await host.CreatePodAsync("named", "n2");
        await host.AddressAsync("named", "10.1.0.77");
        using var channel = Open(host);
        var token = await host.TokenAsync();
        AddressOwner? owner = null;
        // The controller hears of the pod a moment later.
        for (; owner is null; _timeout.Token.ThrowIfCancellationRequested())
            owner = (await channel.GetOwnersAsync(token, [IpAddress.Parse("10.9.9.9"), address], _timeout.Token))[1];
        Assert.AreEqual(new("netpol-system", "named"), owner.Pod);

        var link = new ActiveController();
        var names = new IpCacheClient(link, TimeProvider.System);
        Assert.IsEmpty(await names.LookupAsync([address], _timeout.Token), "without a controller no address has a name");
        link.Set(channel, token);
        Assert.AreEqual(owner, (await names.LookupAsync([address, IpAddress.Parse("10.9.9.9")], _timeout.Token)).Single().Value);
    }

    [TestMethod]
    public async Task The_batch_after_a_lost_controller_counts_the_withheld_records()
    {
        var host = await Started.Value;
        using var agent = Open(host);
        using var observer = Open(host);
        await using var watched = observer.ObserveAsync(await ObserverTokenAsync(host), new() { Follow = true, Namespace = "withheld" }, _timeout.Token).GetAsyncEnumerator(_timeout.Token);
        Assert.IsTrue(await watched.MoveNextAsync());
        var link = new ActiveController();
        var sink = new ControllerExporter(link, new(_services.GetRequiredService<IMeterFactory>()), TimeProvider.System);
        var record = Record("withheld", Verdict.Deny);
        var withheld = await sink.WriteAsync(new([record, record], 1), _timeout.Token);
        link.Set(agent, await host.TokenAsync());
        Assert.AreEqual(0, await sink.WriteAsync(new([record], withheld), _timeout.Token));
        Assert.IsTrue(await watched.MoveNextAsync());
        Assert.AreEqual((1, 3L), (watched.Current.Records.Count, watched.Current.Lost));
    }

    [TestMethod]
    public async Task Only_observers_watch_records_and_only_agents_report_them()
    {
        var host = await Started.Value;
        using var channel = Open(host);
        var (agent, observer) = (await host.TokenAsync(), await ObserverTokenAsync(host));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(() => channel.ReportAsync(observer, new([], 0), _timeout.Token)));
        Assert.AreEqual(StatusCode.PermissionDenied, await RefusedAsync(() => WatchAsync(agent)));
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(() => WatchAsync("garbage")));
        Assert.AreEqual(StatusCode.Unauthenticated, await RefusedAsync(() => channel.GetOwnersAsync("garbage", [], _timeout.Token)));
        Assert.AreEqual(StatusCode.InvalidArgument, await RefusedAsync(() => channel.GetOwnersAsync(agent, Enumerable.Repeat(IpAddress.Parse("10.0.0.1"), 257), _timeout.Token)));

        async Task WatchAsync(string token)
        {
            await foreach (var batch in channel.ObserveAsync(token, new(), _timeout.Token))
                Assert.Fail($"{batch.Records.Count} records were received");
        }
    }

    private static async Task<TestController> StartAsync()
    {
        var host = await TestController.StartAsync();
        foreach (var (place, address) in Pods)
            await host.CreateWorkloadAsync(place, "db-0", address.ToString());
        using var timeout = new CancellationTokenSource(Timeout);
        using var channel = Open(host);
        var token = await host.TokenAsync();
        // The controller hears of the pods a moment later.
        while ((await channel.GetOwnersAsync(token, Pods.Values, timeout.Token)).Contains(null))
            timeout.Token.ThrowIfCancellationRequested();
        return host;
    }

    private static async Task<StatusCode> RefusedAsync(Func<Task> call) => (await Assert.ThrowsExactlyAsync<RpcException>(call)).StatusCode;

    private static ControllerChannel Open(TestController host) => ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities);

    private static Task<string> ObserverTokenAsync(TestController host) => host.TokenAsync(account: "netpol-observer", pod: null);

    private static FlowRecord Known(FlowRecord record, string place) => record with
    {
        Node = "n1",
        Source = record.Source with { Owner = null },
        Destination = record.Destination with { Owner = AddressOwner.OfPod(new(place, "db-0"), NetPol.Model.Labels.None) },
    };

    /// <summary>What an agent of another node would make of the ends.</summary>
    private static FlowRecord Record(string place, Verdict verdict) => new()
    {
        FirstPacketAt = DateTimeOffset.UnixEpoch,
        LastPacketAt = DateTimeOffset.UnixEpoch,
        Node = "n2",
        Decision = verdict == Verdict.Deny ? Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, place, "db")]) : Decision.ByDefault(Direction.Ingress),
        Source = new(IpAddress.Parse("203.0.113.1"), null, AddressOwner.OfPod(new("shop", "forged"), NetPol.Model.Labels.None)),
        Destination = new(Pods[place], 5432, AddressOwner.OfNode("forged")),
        Protocol = 6,
        Count = 1,
    };
}
