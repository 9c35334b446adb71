using NetPol.Controller.RuleSets;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.Tests.RuleSets;

[TestClass, TestCategory("Unit")]
public sealed class NodeRuleSetHistoryTests
{
    private readonly NodeRuleSetHistory _history = new("n1", new("n1", () => ClusterSnapshot.Empty));
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("n1");

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(200)]
    public void The_difference_from_any_past_state_leads_to_the_current_one(int steps)
    {
        Publish(3);
        var past = _history.Current;
        for (var i = 1; i <= steps; i++)
            Publish(3 + (i * 2));
        var (to, delta, _) = _history.GetChangesSince(past);
        Assert.AreEqual(_history.Current, to);
        Assert.AreEqual(_rules, delta.Apply(past.Rules));
    }

    [TestMethod]
    public void A_node_that_is_behind_is_behind_since_the_first_change_that_it_lacks()
    {
        Publish(3);
        Publish(8);
        Publish(9);
        Assert.AreEqual(3, _history.FirstVersionAfter(0));
        Assert.AreEqual(8, _history.FirstVersionAfter(3));
        Assert.IsNull(_history.FirstVersionAfter(9));
    }

    [TestMethod]
    public void What_is_forgotten_counts_as_changed_at_once()
    {
        for (var i = 1; i <= 200; i++)
            Publish(i * 10);
        Assert.AreEqual(11, _history.FirstVersionAfter(10));
    }

    private void Publish(long revision)
    {
        var next = _rules with { NodeAddresses = [new(IpFamily.V4, (UInt128)revision)] };
        _history.Publish(new(revision, NodeRuleSetDelta.Between(_rules, next), DateTimeOffset.UnixEpoch), new(next));
        _rules = next;
    }
}
