using System.Net;

namespace NetPol.Monitoring.Tests;

/// <summary>What the real agent says of itself when it enforces nothing, or not what it should.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class ReadinessTests
{
    private const string NothingEnforced = "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet: ";

    [TestMethod]
    public async Task Agent_without_table_or_controller_is_not_ready()
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartLonelyAgentAsync();
        await node.ReadyzAsync(HttpStatusCode.ServiceUnavailable, NothingEnforced);
        await node.LoggedAsync("Nothing is enforced on this node: table inet netpol is missing");
        await node.LoggedAsync("Not ready: nothing is enforced on this node");
        await node.MetricsAsync(("netpol_agent_enforcing", "0"), ("netpol_agent_ready", "0"));
    }

    [TestMethod]
    public async Task Agent_is_not_ready_when_an_update_is_refused()
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.OnePort);
        await node.ReadyzAsync(HttpStatusCode.OK, "ok\n");
        await node.MetricsAsync(("netpol_agent_enforcing", "1"), ("netpol_agent_ready", "1"));

        await node.SendRefusedAsync();
        await node.ReadyzAsync(HttpStatusCode.ServiceUnavailable, "the last update is not programmed, the rules before it stay in place: ");
        await node.MetricsAsync(("netpol_agent_enforcing", "1"), ("netpol_agent_ready", "0"));
        await node.ApplyAsync(TestPolicies.TwoPorts);
        await node.ReadyzAsync(HttpStatusCode.OK, "ok\n");

        await node.StopControllerAsync();
        await node.LoggedAsync("The rules in the kernel stay in place, changes do not reach this node");
        await node.ReadyzAsync(HttpStatusCode.OK, "ok\n");
    }

    [TestMethod]
    public async Task Restarted_agent_reports_rules_of_an_earlier_run()
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync(TestPolicies.OnePort);
        await node.KillAgentAsync();
        await node.StartLonelyAgentAsync();
        await node.ReadyzAsync(HttpStatusCode.ServiceUnavailable, "waiting for the first rules of a controller, the rules of an earlier run stay in place: ");
        await node.MetricsAsync(("netpol_agent_enforcing", "1"), ("netpol_agent_ready", "0"));
        // The restarted agent owns the table, where the kernel has owners. A boot takes both away.
        await node.KillAgentAsync();
        node.DeleteTable();
        await node.StartLonelyAgentAsync();
        await node.ReadyzAsync(HttpStatusCode.ServiceUnavailable, NothingEnforced);
        await node.MetricsAsync(("netpol_agent_enforcing", "0"), ("netpol_agent_ready", "0"));
    }
}
