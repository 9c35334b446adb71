using NetPol.Controller.RuleSets;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.Tests.RuleSets;

[TestClass, TestCategory("Unit")]
public sealed class NodeRuleSetHistoryTests
{
    private readonly NodeRuleSetHistory _page = new("n1", new("n1", () => ClusterSnapshot.Empty));
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("n1");

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(200)]
    public void From_any_past_state_the_difference_is_leader_to_the_current_one(int steps)
    {
        Turn(3);
        var past = _page.Current;
        for (var i = 1; i <= steps; i++)
            Turn(3 + (i * 2));
        var (to, delta, _) = _page.GetChangesSince(past);
        Assert.AreEqual(_page.Current, to);
        Assert.AreEqual(_rules, delta.Apply(past.Rules));
    }

    [TestMethod]
    public void A_node_that_is_behind_is_behind_since_the_first_change_that_it_lacks()
    {
        Turn(3);
        Turn(8);
        Turn(9);
        Assert.AreEqual(3, _page.FirstVersionAfter(0));
        Assert.AreEqual(8, _page.FirstVersionAfter(3));
        Assert.IsNull(_page.FirstVersionAfter(9));
    }

    [TestMethod]
    public void What_is_forgotten_counts_as_changed_at_once()
    {
        for (var i = 1; i <= 200; i++)
            Turn(i * 10);
        Assert.AreEqual(11, _page.FirstVersionAfter(10));
    }

    private void Turn(long revision)
    {
        var next = _rules with { NodeAddresses = [new(IpFamily.V4, (UInt128)revision)] };
        _page.Publish(new(revision, NodeRuleSetDelta.Between(_rules, next), DateTimeOffset.UnixEpoch), new(next));
        _rules = next;
    }
}
