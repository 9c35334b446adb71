using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Watching;
using NetPol.Hosting;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Controller.Tests.Watching;

[TestClass, TestCategory("Unit")]
public sealed class SourceGrantWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Pod Gateway = new(new("vpn", "gw"), Labels.None, "n1", [IpAddress.Parse("10.1.0.2")], []);

    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void The_first_batch_is_granted_as_the_file_says()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantWatch>();
        using var watch = Watch(log);
        var changes = watch.Grant(new() { Pods = [KeyValuePair.Create(Gateway.Id, (Pod?)Gateway), KeyValuePair.Create(new PodId("vpn", "gone"), (Pod?)null)] });
        Assert.AreEqual([Cidr.Parse("10.99.0.0/16")], changes.Pods[0].Value!.GrantedSources);
        Assert.IsNull(changes.Pods[1].Value);
    }

    [TestMethod]
    public async Task A_change_of_the_file_regrants_the_pods_that_it_is_about()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantWatch>();
        using var watch = Watch(log);
        await watch.StartAsync(CancellationToken.None);
        Write("10.98.0.0/16");
        await ChangedAsync(watch);
        var other = Gateway with { Id = new("shop", "web") };
        var changed = watch.Regrant(new(), [Gateway with { GrantedSources = [Cidr.Parse("10.99.0.0/16")] }, other]).Pods;
        Assert.HasCount(1, changed);
        Assert.AreEqual([Cidr.Parse("10.98.0.0/16")], changed[0].Value!.GrantedSources);
        await watch.StopAsync(CancellationToken.None);
    }

    [TestMethod]
    public async Task A_faulty_change_is_logged_once_and_the_grants_of_before_stay()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantWatch>();
        using var watch = Watch(log);
        await watch.StartAsync(CancellationToken.None);
        Write("nonsense");
        using var patience = new CancellationTokenSource(Patience);
        var line = log.NextAsync(patience.Token);
        while (!line.IsCompleted)
        {
            _time.Advance(SourceGrantWatch.Interval);
            await Task.Yield();
        }
        await line;
        Assert.Contains("is not a CIDR", log.Lines.Single(), StringComparison.Ordinal);
        Assert.AreEqual([Cidr.Parse("10.99.0.0/16")], watch.Regrant(new(), [Gateway]).Pods[0].Value!.GrantedSources);
        await watch.StopAsync(CancellationToken.None);
        Assert.HasCount(2, log.Lines, string.Join('\n', log.Lines));
    }

    [TestMethod]
    public void A_faulty_file_or_none_is_an_error_at_start()
    {
        Write("nonsense");
        var error = Assert.ThrowsExactly<ConfigurationException>(() => SourceGrantWatch.Read(_file));
        Assert.StartsWith($"--source-grants: {_file}:4: grants[0].sources[0]: \"nonsense\" is not a CIDR: write", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--source-grants: /no/such/file cannot be read: ", Assert.ThrowsExactly<ConfigurationException>(() => SourceGrantWatch.Read("/no/such/file")).Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Without_a_file_nothing_is_granted_and_nothing_changes()
    {
        using var log = new LineLog<SourceGrantWatch>();
        using var watch = new SourceGrantWatch(new(), _time, log);
        var changes = new ClusterChanges { Pods = [KeyValuePair.Create(Gateway.Id, (Pod?)Gateway)] };
        Assert.AreSame(changes, watch.Grant(changes));
        Assert.IsFalse(watch.TakeChange());
    }

    public void Dispose() => File.Delete(_file);

    private SourceGrantWatch Watch(ILogger<SourceGrantWatch> log) => new(new() { SourceGrants = _file }, _time, log);

    private void Write(string source) => File.WriteAllText(_file, $"grants:\n- namespace: vpn\n  podSelector: {{}}\n  sources: [{source}]\n");

    private async Task ChangedAsync(SourceGrantWatch watch)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!watch.Changed.IsCompleted)
        {
            Assert.IsFalse(patience.IsCancellationRequested, $"waited {Patience.TotalSeconds} s for the change of the file");
            _time.Advance(SourceGrantWatch.Interval);
            await Task.Yield();
        }
        Assert.IsTrue(watch.TakeChange());
        Assert.IsFalse(watch.TakeChange());
    }
}
