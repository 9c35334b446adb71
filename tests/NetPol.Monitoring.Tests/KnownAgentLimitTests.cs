namespace NetPol.Monitoring.Tests;

/// <summary>
/// Attacks that succeed in this version although the real agent runs: expected failures, by their numbers in docs/security/threat-model.md. A change that closes one makes its
/// test fail: turn the test around then.
/// </summary>
[TestClass, TestCategory("Kernel")]
public sealed class KnownAgentLimitTests
{
    private const int DeniedPort = 99, AllowedPort = 5353;

    /// <summary>After a reboot, the node has no table. The agent of a node that had rules starts, and no controller answers.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task H1_expected_failure_node_allows_all_after_a_boot_without_a_controller(bool v6)
    {
        await using var node = await MonitoredNode.StartAsync();
        await node.StartAgentAsync($$"""
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: one-port, namespace: shop }
            spec: { podSelector: {}, ingress: [{ ports: [{ port: {{AllowedPort}}, protocol: UDP }] }] }
            """);
        Assert.IsFalse(node.Arrives(v6, DeniedPort, AllowedPort), "with the rules");
        await node.KillAgentAsync();
        node.DeleteTable();
        await node.StartLonelyAgentAsync();
        await node.LoggedAsync("Nothing is enforced on this node: table inet netpol is missing");
        Assert.IsTrue(node.Arrives(v6, DeniedPort, AllowedPort), "after the boot: if this is closed now, turn the test around");
    }
}
