using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Controller.Watch;
using NetPol.Hosting;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Controller.Tests.Watch;

[TestClass, TestCategory("Unit")]
public sealed class SourceGrantFileTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly Pod Gateway = new(new("vpn", "gw"), Labels.None, "n1", [IpAddress.Parse("10.1.0.2")], []);

    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void The_first_batch_is_granted_as_the_file_says()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantFile>();
        using var watch = Watch(log);
        var changes = watch.Apply(new() { Pods = [KeyValuePair.Create(Gateway.Id, (Pod?)Gateway), KeyValuePair.Create(new PodId("vpn", "deleted"), (Pod?)null)] });
        Assert.AreEqual([Cidr.Parse("10.99.0.0/16")], changes.Pods[0].Value!.GrantedSources);
        Assert.IsNull(changes.Pods[1].Value);
    }

    [TestMethod]
    public async Task A_change_of_the_file_regrants_the_pods_that_it_is_about()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantFile>();
        using var watch = Watch(log);
        await watch.StartAsync(CancellationToken.None);
        Write("10.98.0.0/16");
        await ChangedAsync(watch);
        var other = Gateway with { Id = new("shop", "web") };
        var changed = watch.ApplyToAll(new(), [Gateway with { GrantedSources = [Cidr.Parse("10.99.0.0/16")] }, other]).Pods;
        Assert.HasCount(1, changed);
        Assert.AreEqual([Cidr.Parse("10.98.0.0/16")], changed[0].Value!.GrantedSources);
        await watch.StopAsync(CancellationToken.None);
    }

    [TestMethod]
    public async Task A_faulty_change_is_logged_once_and_the_grants_of_before_stay()
    {
        Write("10.99.0.0/16");
        using var log = new LineLog<SourceGrantFile>();
        using var watch = Watch(log);
        await watch.StartAsync(CancellationToken.None);
        Write("nonsense");
        using var timeout = new CancellationTokenSource(Timeout);
        var line = log.NextAsync(timeout.Token);
        while (!line.IsCompleted)
        {
            _time.Advance(SourceGrantFile.CheckInterval);
            await Task.Yield();
        }
        await line;
        Assert.Contains("is not a CIDR", log.Lines.Single(), StringComparison.Ordinal);
        Assert.AreEqual([Cidr.Parse("10.99.0.0/16")], watch.ApplyToAll(new(), [Gateway]).Pods[0].Value!.GrantedSources);
        await watch.StopAsync(CancellationToken.None);
        Assert.HasCount(2, log.Lines, string.Join('\n', log.Lines));
    }

    [TestMethod]
    public void A_faulty_file_or_none_is_an_error_at_start()
    {
        Write("nonsense");
        var error = Assert.ThrowsExactly<ConfigurationException>(() => SourceGrantFile.Read(_file));
        Assert.StartsWith($"--source-grants: {_file}:4: grants[0].sources[0]: \"nonsense\" is not a CIDR: write", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--source-grants: /no/such/file cannot be read: ", Assert.ThrowsExactly<ConfigurationException>(() => SourceGrantFile.Read("/no/such/file")).Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Without_a_file_nothing_is_granted_and_nothing_changes()
    {
        using var log = new LineLog<SourceGrantFile>();
        using var watch = new SourceGrantFile(new(), _time, log);
        var changes = new ClusterChanges { Pods = [KeyValuePair.Create(Gateway.Id, (Pod?)Gateway)] };
        Assert.AreSame(changes, watch.Apply(changes));
        Assert.IsFalse(watch.TryTakeChange());
    }

    public void Dispose() => File.Delete(_file);

    private SourceGrantFile Watch(ILogger<SourceGrantFile> log) => new(new() { SourceGrants = _file }, _time, log);

    private void Write(string source) => File.WriteAllText(_file, $"grants:\n- namespace: vpn\n  podSelector: {{}}\n  sources: [{source}]\n");

    private async Task ChangedAsync(SourceGrantFile watch)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        while (!watch.Changed.IsCompleted)
        {
            Assert.IsFalse(timeout.IsCancellationRequested, $"waited {Timeout.TotalSeconds} s for the change of the file");
            _time.Advance(SourceGrantFile.CheckInterval);
            await Task.Yield();
        }
        Assert.IsTrue(watch.TryTakeChange());
        Assert.IsFalse(watch.TryTakeChange());
    }
}
