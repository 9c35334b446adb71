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

    // The agent of n2 moved from `a`, which has not noticed yet, to `b`. The report of `gone` is too old to count.
    private static readonly DeploymentStatus Status = DeploymentStatus.Create(
        new Dictionary<string, ReplicaReport>(StringComparer.Ordinal)
        {
            ["a"] = Report(Now, [Agent("n1", 60, 1, 12), Agent("n2", 60, 0, 0)], 0, Audit("shop", "db", new("n1", 3, 1), new("n2", 100, 100)), Audit("", "wall")),
            ["b"] = Report(Now, [Agent("n2", 5, null, null)], 2, Audit("shop", "db", new AuditedNode("n2", 101, 100)), Audit("", "wall")),
            ["gone"] = Report(Now - ReplicaReport.MaxAge - TimeSpan.FromSeconds(1), [Agent("n3", 1, 0, 0)], 7, Audit("shop", "db", new AuditedNode("n3", 1000, 0))),
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
        Assert.Contains("NODE   IN FORCE   GENERATION   LAG   SINCE   REPAIRS   CUT   CONTROLLER", lines);
        Assert.Contains("n1     yes        1                          1         12    a", lines);
        Assert.Contains("n2     yes        1                                          b", lines);
        Assert.Contains(
            """
            AUDIT-ONLY                  WOULD HAVE DENIED   ALLOWED   NODES
            ClusterNetworkPolicy wall   0                   0         0
            NetworkPolicy shop/db       104                 101       2

            2 audits more found no room: netpol_policy_verdicts_total has them
            1 agent found no room in the reports, their nodes are listed as if none followed: netpol_controller_agent_pending_changes has them
            """,
            string.Join('\n', lines));
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
                ["gone"] = Report(Now - ReplicaReport.MaxAge - TimeSpan.FromSeconds(1), [], 0) with { UnsupportedVersions = ["an old one"] },
            },
            [], Now);

        Assert.AreEqual(Unread, status.UnreadVersions.Single());
        Assert.IsFalse(status.IsHealthy);
        Assert.Contains(Unread, Table(status));
        Assert.DoesNotContain("an old one", Table(status));
    }

    [TestMethod]
    public void Where_every_controller_is_gone_that_is_said_and_that_conditions_are_old()
    {
        const string Gone = "no controller reports: changes are not enforced, and the conditions of policies say what was true at the time in their messages";
        var reports = new Dictionary<string, ReplicaReport>(StringComparer.Ordinal) { ["a"] = Report(Now, [Agent("n1", 60, 1, 12)], 0) };
        var later = DeploymentStatus.Create(reports, ["n1"], Now + ReplicaReport.MaxAge + TimeSpan.FromSeconds(1));
        Assert.IsFalse(later.IsHealthy);
        Assert.Contains(Gone, Table(later));
        Assert.Contains("1 of 1 node may not enforce what is now true", Table(later));
        Assert.DoesNotContain(Gone, Table(DeploymentStatus.Create(reports, ["n1"], Now)));
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

    private static AgentReport Agent(string node, int seconds, long? repairs, long? cut) => new(node, "test", Now.AddSeconds(-seconds), 1, true, null, null, null, repairs, cut);

    private static AuditReport Audit(string space, string name, params AuditedNode[] nodes) => new(space.Length == 0 ? "ClusterNetworkPolicy" : "NetworkPolicy", space, name, nodes);
}
