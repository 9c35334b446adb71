using NetPol.Controller.Dashboard;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Tests.Dashboard;

/// <summary>The banner of the page: which nodes do not enforce, and why.</summary>
[TestClass, TestCategory("Unit")]
public sealed class EnforcementWarningTests
{
    [TestMethod]
    [DataRow("a:none", "The only node does not enforce the policies: no agent is connected to a controller (a). The map shows what the policies say, not what happens in the cluster.")]
    [DataRow("a:none b:none", "None of the 2 nodes enforces the policies: no agent is connected to a controller (a, b). The map shows what the policies say, not what happens in the cluster.")]
    [DataRow("a:current b:none", "1 of 2 nodes does not enforce the policies: no agent is connected to a controller (b). The map shows what the policies say, not what happens on this node.")]
    [DataRow("a:failed b:none c:new d:behind", "3 of 4 nodes do not enforce the policies: the last update failed: no room (a); no agent is connected to a controller (b); no rules are programmed yet (c). The map shows what the policies say, not what happens on these nodes.")]
    [DataRow("a:none b:none c:none d:none e:none f:none g:none h:current", "7 of 8 nodes do not enforce the policies: no agent is connected to a controller (a, b, c, d, e and 2 more). The map shows what the policies say, not what happens on these nodes.")]
    [DataRow("a:current b:behind", null)]
    [DataRow("", null)]
    public void It_names_the_nodes_that_do_not_enforce(string nodes, string? expected) =>
        Assert.AreEqual(expected, EnforcementWarning.Create([.. nodes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Node)]));

    private static NodeView Node(string text)
    {
        var (name, state) = (text[..1], text[2..]);
        var report = new AgentReport(name, "agent", DateTimeOffset.UnixEpoch, 4, state == "current", state == "new" ? null : DateTimeOffset.UnixEpoch, 0.1, state == "failed" ? "no room" : null, 0, 0);
        return new(name, state == "none" ? null : "replica", state == "none" ? null : report);
    }
}
