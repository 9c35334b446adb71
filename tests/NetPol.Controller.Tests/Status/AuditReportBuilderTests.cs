using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Protocol.Stats;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class AuditReportBuilderTests
{
    private const int Room = 200_000;
    private static readonly PolicyId Audited = new(PolicyKind.NetworkPolicy, "shop", "db");
    private static readonly PolicyId Enforced = new(PolicyKind.ClusterNetworkPolicy, "", "wall");

    [TestMethod]
    public void Only_audited_policies_are_reported_also_those_for_which_nothing_was_counted()
    {
        var unmet = Audited with { Name = "unmet" };
        var (reports, leftOut) = AuditReportBuilder.Build(
            [Node("n1", new NodeStats([new(Enforced, 9, 9), new(Audited, 3, 1)], 2, 0, 0)), Node("n2", null), Node("n3", new NodeStats([new(Audited, 0, 5)], 0, 0, 0))], [Audited, unmet], Room);
        Assert.AreEqual(2, leftOut);
        CollectionAssert.AreEqual(new[] { "db", "unmet" }, reports.Select(r => r.Name).ToArray());
        CollectionAssert.AreEqual(new AuditedNode[] { new("n1", 3, 1), new("n3", 0, 5) }, reports[0].Nodes.ToArray());
        Assert.IsEmpty(reports[1].Nodes);
    }

    [TestMethod]
    public void What_has_no_room_is_counted()
    {
        var policies = Enumerable.Range(0, NodeStats.MaxAudits).Select(i => new PolicyId(PolicyKind.BaselineAdminNetworkPolicy, new('n', 63), $"{new string('p', 249)}{i:0000}")).ToList();
        var states = Enumerable.Range(0, 20).Select(i => Node($"{new string('m', 251)}{i:00}", new NodeStats(policies.Select(p => new AuditCount(p, long.MaxValue, long.MaxValue)).ToValueArray(), 0, 0, 0))).ToList();
        var (reports, leftOut) = AuditReportBuilder.Build(states, policies, Room);
        Assert.AreEqual(policies.Count * (states.Count + 1), leftOut + reports.Count + reports.Sum(r => r.Nodes.Count));
        var text = new ReplicaReport(DateTimeOffset.UnixEpoch, false, 0, [], [], reports, leftOut, 0).Write();
        Assert.IsInRange(Room / 2, Room + 200, text.Length);
    }

    private static ConnectedAgent Node(string name, NodeStats? nodeStats) => new(name, "test", DateTimeOffset.UnixEpoch, Stats: nodeStats);
}
