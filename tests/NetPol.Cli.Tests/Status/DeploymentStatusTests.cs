using System.Text;
using System.Text.Json;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Status;
using NetPol.Protocol.Status;
using Spectre.Console;

namespace NetPol.Cli.Tests.Status;

/// <summary><c>netpol status</c> merges the reports of several controllers.</summary>
[TestClass, TestCategory("Unit")]
public sealed class DeploymentStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    // The agent of n2 moved from `a`, which has not noticed yet, to `b`. The report of `deleted` is too old to count.
    private static readonly DeploymentStatus Status = DeploymentStatus.Create(
        new Dictionary<string, ReplicaReport>(StringComparer.Ordinal)
        {
            ["a"] = Report(Now, [Agent("n1", 60, 1, 12), Agent("n2", 60, 0, 0)], 0, Audit("shop", "db", new("n1", 3, 1), new("n2", 100, 100)), Audit("", "wall")),
            ["b"] = Report(Now, [Agent("n2", 5, null, null)], 2, Audit("shop", "db", new AuditedNode("n2", 101, 100)), Audit("", "wall")),
            ["old"] = Report(Now - ReplicaReport.MaxAge - TimeSpan.FromSeconds(1), [Agent("n3", 1, 0, 0)], 7, Audit("shop", "db", new AuditedNode("n3", 1000, 0))),
        },
        ["n1", "n2"], Now);

    [TestMethod]
    public void A_node_that_changed_over_is_counted_once()
    {
        CollectionAssert.AreEqual(
            new AuditStatus[] { new("ClusterNetworkPolicy", "", "wall", 0, 0, 0), new("NetworkPolicy", "shop", "db", 104, 101, 2) }, Status.Audited.ToArray());
        Assert.AreEqual(2, Status.AuditsOmitted);
    }

    [TestMethod]
    public void People_read_it_as_a_table()
    {
        var lines = Table(Status).Split('\n').Select(l => l.TrimEnd()).ToArray();
        Assert.Contains("NODE   PROGRAMMED   GENERATION   LAG   SINCE   RESYNCS   STALE REMOVED   CONTROLLER", lines);
        Assert.Contains("n1     yes          1                          1         12              a", lines);
        Assert.Contains("n2     yes          1                                                    b", lines);
        Assert.Contains(
            """
            AUDIT-ONLY                  WOULD HAVE DENIED   ALLOWED   NODES
            ClusterNetworkPolicy wall   0                   0         0
            NetworkPolicy shop/db       104                 101       2

            the reports omit 2 audits: read the metric netpol_policy_verdicts_total
            the reports omit 1 agent: their nodes have no row of an agent; read the metric netpol_controller_agent_pending_changes
            """,
            string.Join('\n', lines));
    }

    [TestMethod]
    public void Deleted_policies_that_stay_in_effect_are_named_once()
    {
        const string Closed = "NetworkPolicy shop/closed";
        var status = DeploymentStatus.Create(
            new Dictionary<string, ReplicaReport>(StringComparer.Ordinal)
            {
                ["a"] = Report(Now, [], 0) with { Retained = [Closed], RetainedLeftOut = 2 },
                ["b"] = Report(Now, [], 0) with { Retained = [Closed], RetainedLeftOut = 2 },
                ["old"] = Report(Now - ReplicaReport.MaxAge - TimeSpan.FromSeconds(1), [], 0) with { Retained = ["NetworkPolicy shop/gone"] },
            },
            [], Now);

        CollectionAssert.AreEqual(new[] { Closed }, status.Retained.ToArray());
        Assert.Contains($"{Closed} was deleted and stays in effect, because its namespace is being deleted and still has pods\nthe reports omit 2 deleted policies of such namespaces\n", Table(status));
        Assert.IsTrue(status.IsHealthy);
        CollectionAssert.AreEqual(new[] { Closed }, StatusDocument.Create(status).Retained.ToArray());
    }

    [TestMethod]
    public void Policies_that_no_controller_can_read_are_named_and_the_deployment_is_not_healthy()
    {
        const string Unread = "the cluster serves ClusterNetworkPolicy only as v1";
        var status = DeploymentStatus.Create(
            new Dictionary<string, ReplicaReport>(StringComparer.Ordinal)
            {
                ["a"] = Report(Now, [], 0) with { UnsupportedVersions = [Unread] },
                ["b"] = Report(Now, [], 0) with { UnsupportedVersions = [Unread] },
                ["old"] = Report(Now - ReplicaReport.MaxAge - TimeSpan.FromSeconds(1), [], 0) with { UnsupportedVersions = ["an old one"] },
            },
            [], Now);

        Assert.AreEqual(Unread, status.UnreadVersions.Single());
        Assert.IsFalse(status.IsHealthy);
        Assert.Contains(Unread, Table(status));
        Assert.DoesNotContain("an old one", Table(status));
    }

    [TestMethod]
    public void Without_a_recent_report_the_table_says_that_conditions_may_be_out_of_date()
    {
        const string NoReport = "no controller reports: changes of policies are not enforced, and the conditions of policies may be out of date";
        var reports = new Dictionary<string, ReplicaReport>(StringComparer.Ordinal) { ["a"] = Report(Now, [Agent("n1", 60, 1, 12)], 0) };
        var later = DeploymentStatus.Create(reports, ["n1"], Now + ReplicaReport.MaxAge + TimeSpan.FromSeconds(1));
        Assert.IsFalse(later.IsHealthy);
        Assert.Contains(NoReport, Table(later));
        Assert.Contains("0 of 1 node programmed: 1 may not enforce the current policies", Table(later));
        Assert.DoesNotContain(NoReport, Table(DeploymentStatus.Create(reports, ["n1"], Now)));
    }

    [TestMethod]
    public void Programs_read_it_as_JSON()
    {
        using var output = new MemoryStream();
        DocumentWriter.Write(output, OutputFormat.Json, StatusDocument.Create(Status));
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(output.ToArray()));
        Assert.AreEqual(
            """[{"kind":"ClusterNetworkPolicy","name":"wall","denied":0,"allowed":0,"nodes":0},{"kind":"NetworkPolicy","namespace":"shop","name":"db","denied":104,"allowed":101,"nodes":2}]""",
            JsonSerializer.Serialize(json.RootElement.GetProperty("audited")));
        Assert.AreEqual((2, 1), (json.RootElement.GetProperty("auditsOmitted").GetInt32(), json.RootElement.GetProperty("agentsOmitted").GetInt32()));
        var node = json.RootElement.GetProperty("nodes")[0];
        Assert.AreEqual((1L, 12L), (node.GetProperty("resyncs").GetInt64(), node.GetProperty("staleConnectionsRemoved").GetInt64()));
        Assert.IsFalse(json.RootElement.GetProperty("nodes")[1].TryGetProperty("resyncs", out _));
    }

    private static string Table(DeploymentStatus status)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        StatusTable.WriteTable(console, status);
        return text.ToString();
    }

    private static ReplicaReport Report(DateTimeOffset at, IReadOnlyList<AgentReport> agents, int omitted, params AuditReport[] audited) => new(at, false, 1, agents, [], audited, omitted, omitted / 2);

    private static AgentReport Agent(string node, int seconds, long? resyncs, long? staleRemoved) => new(node, "test", Now.AddSeconds(-seconds), 1, true, null, null, null, resyncs, staleRemoved);

    private static AuditReport Audit(string space, string name, params AuditedNode[] nodes) => new(space.Length == 0 ? "ClusterNetworkPolicy" : "NetworkPolicy", space, name, nodes);
}
