using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Tests.Sync;
using NetPol.Controller.Watch;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class ReplicaReportBuilderTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AgentRegistry _registry = new();
    private readonly RuleSetStore _store;

    public ReplicaReportBuilderTests() => _store = new(TestControllerMetrics.New(), _time);

    [TestMethod]
    public void A_kind_that_is_served_only_in_versions_that_are_not_read_is_reported()
    {
        var inventory = new ClusterInventory(() => [new("Pod", true, 1, 0, null, "v1", []), new("ClusterNetworkPolicy", true, 0, 0, null, null, ["v1"])]);

        var report = ReplicaReportBuilder.Build(_time.GetUtcNow(), isLeader: false, _store, _registry, inventory);

        Assert.StartsWith("the cluster serves ClusterNetworkPolicy only as v1, and NetPol reads v1beta1 and v1alpha2", report.UnsupportedVersions.Single());
        Assert.AreEqual(report.UnsupportedVersions.Single(), ReplicaReport.Read(report.Write())!.UnsupportedVersions.Single());
    }

    [TestMethod]
    public void Retained_policies_are_reported_and_those_without_room_counted()
    {
        var inventory = new ClusterInventory(() => []) { RetainedPolicies = [.. Enumerable.Range(10, ReplicaReport.MaxRetained + 3).Select(i => new PolicyId(PolicyKind.NetworkPolicy, "shop", $"p{i}"))] };

        var report = ReplicaReport.Read(ReplicaReportBuilder.Build(_time.GetUtcNow(), isLeader: false, _store, _registry, inventory).Write())!;

        Assert.AreEqual(("NetworkPolicy shop/p10", ReplicaReport.MaxRetained, 3), (report.Retained[0], report.Retained.Count, report.RetainedLeftOut));
    }

    [TestMethod]
    public async Task However_much_agents_say_three_reports_find_room_and_those_in_failure_are_reported_first()
    {
        const int Sound = 4000;
        for (var i = 0; i < Sound; i++)
            await FollowAsync($"sound-{i:0000}", error: null);
        for (var i = 0; i < 3; i++)
            await FollowAsync($"troubled-{i}", error: new string('"', 1 << 20));
        var report = ReplicaReportBuilder.Build(_time.GetUtcNow(), isLeader: false, _store, _registry, new ClusterInventory(() => []));
        Assert.IsInRange(ReplicaReportBuilder.MaxBytes * 3 / 4, ReplicaReportBuilder.MaxBytes, report.Write().Length);
        Assert.HasCount(3, report.Agents.Where(a => a.Error is not null));
        Assert.AreEqual(Sound + 3, report.Agents.Count + report.AgentsLeftOut);
        CollectionAssert.AreEqual(report.Agents.Select(a => a.Node).Order(StringComparer.Ordinal).ToArray(), report.Agents.Select(a => a.Node).ToArray());
    }

    [TestMethod]
    public async Task Agents_that_find_room_are_all_reported()
    {
        await FollowAsync("n1", error: null);
        await FollowAsync("n2", error: "no nf_tables");
        var report = ReplicaReportBuilder.Build(_time.GetUtcNow(), isLeader: false, _store, _registry, new ClusterInventory(() => []));
        Assert.AreEqual("n1 True , n2 False no nf_tables; 0", $"{string.Join(", ", report.Agents.Select(a => $"{a.Node} {a.IsCurrent} {a.Error}"))}; {report.AgentsLeftOut}");
    }

    /// <summary>An agent that has reported the result of its first update, and stays connected.</summary>
    private async Task FollowAsync(string node, string? error)
    {
        var (stream, session) = (new FakeStream(), new AgentSession(node, "netpol-agent 1.0.0", _store.Subscribe(node), TestControllerMetrics.New(), _time, NullLogger.Instance));
        _registry.Register(session);
        var run = session.RunAsync(stream, stream, CancellationToken.None);
        await stream.NextAsync();
        stream.Report(new() { Ack = new() { Generation = 1, Result = error is null ? Protocol.Wire.Ack.Types.Result.Applied : Protocol.Wire.Ack.Types.Result.Failed, Error = error ?? "" } });
        stream.Hangup();
        await run.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
