using NetPol.Protocol.Status;

namespace NetPol.Protocol.Tests;

/// <summary>Replicas of different versions read each other's reports, and people's scripts read them too.</summary>
[TestClass]
public sealed class ReplicaReportTests
{
    private const string Text =
        """
        {"at":"2026-01-02T03:04:05+00:00","isLeader":true,"revision":7,"agents":[
        {"node":"n1","agent":"netpol-agent/1.0.0","connectedAt":"2026-01-02T03:00:00+00:00","generation":3,"isCurrent":true,"enforcedAt":"2026-01-02T03:01:00+00:00","delaySeconds":0.005,"error":null,"resyncs":1,"staleConnectionsRemoved":12},
        {"node":"n2","agent":"netpol-agent/1.0.0","connectedAt":"2026-01-02T03:00:00+00:00","generation":0,"isCurrent":false,"enforcedAt":null,"delaySeconds":null,"error":"no nf_tables","resyncs":null,"staleConnectionsRemoved":null}],
        "policies":{"AdminNetworkPolicy lock-down":{"generation":2,"nodes":1}},
        "audited":[{"kind":"NetworkPolicy","namespace":"shop","name":"db","nodes":[{"node":"n1","denied":3,"allowed":1}]}],"auditsLeftOut":4,"agentsLeftOut":5,
        "address":"[2001:db8::1]:9443","unsupportedVersions":["v9"],"retained":["NetworkPolicy gone/lock"],"retainedLeftOut":6}
        """;

    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly ReplicaReport Report = new(
        At, IsLeader: true, Revision: 7,
        [
            new("n1", "netpol-agent/1.0.0", At.AddSeconds(-245), 3, IsCurrent: true, At.AddSeconds(-185), 0.005, null, 1, 12),
            new("n2", "netpol-agent/1.0.0", At.AddSeconds(-245), 0, IsCurrent: false, null, null, "no nf_tables", null, null),
        ],
        new(StringComparer.Ordinal) { ["AdminNetworkPolicy lock-down"] = new(2, 1) },
        [new("NetworkPolicy", "shop", "db", [new("n1", 3, 1)])], 4, 5)
    { Address = "[2001:db8::1]:9443", UnsupportedVersions = ["v9"], Retained = ["NetworkPolicy gone/lock"], RetainedLeftOut = 6 };

    [TestMethod]
    public void A_report_has_the_names_and_the_order_that_its_readers_know() =>
        Assert.AreEqual(Text.ReplaceLineEndings(""), Report.Write());

    [TestMethod]
    public void What_is_written_is_what_is_read()
    {
        var read = ReplicaReport.Read(Text);
        Assert.IsNotNull(read);
        Assert.AreEqual(Text.ReplaceLineEndings(""), read.Write());
        Assert.AreEqual(Report.Agents[1], read.Agents[1]);
        Assert.AreEqual("v9", Assert.ContainsSingle(read.UnsupportedVersions));
        Assert.AreEqual(new ProgrammedNodes(2, 1), read.Policies["AdminNetworkPolicy lock-down"]);
    }

    [TestMethod]
    public void What_a_newer_replica_adds_is_passed_over() =>
        Assert.AreEqual(7, ReplicaReport.Read(Text.Replace("\"leads\"", "\"mood\":{\"good\":true},\"leads\"", StringComparison.Ordinal))?.Revision);

    [TestMethod]
    public void A_report_of_an_older_replica_has_no_audits()
    {
        var read = ReplicaReport.Read("""{"at":"2026-01-02T03:04:05+00:00","isLeader":true,"revision":7,"agents":[],"policies":{}}""");
        Assert.IsNotNull(read);
        Assert.IsEmpty(read.Audited);
        Assert.IsEmpty(read.Retained);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("{\"agents\":[]}")]
    [DataRow("{\"agents\":1,\"policies\":{}}")]
    public void What_is_no_report_is_none(string text) => Assert.IsNull(ReplicaReport.Read(text));
}
