using NetPol.Controller.Rules;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Controller.Tests.Rules;

[TestClass, TestCategory("Unit")]
public sealed class NodePageTests
{
    private readonly NodePage _page = new("n1", new("n1", () => ClusterSnapshot.Empty));
    private NodeRuleSet _rules = NodeRuleSet.EmptyFor("n1");

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(200)]
    public void From_any_past_state_the_difference_leads_to_the_current_one(int steps)
    {
        Turn(3);
        var past = _page.Current;
        for (var i = 1; i <= steps; i++)
            Turn(3 + (i * 2));
        var (to, delta, _) = _page.Since(past);
        Assert.AreEqual(_page.Current, to);
        Assert.AreEqual(_rules, delta.Apply(past.Rules));
    }

    [TestMethod]
    public void A_node_that_is_behind_is_behind_since_the_first_change_that_it_lacks()
    {
        Turn(3);
        Turn(8);
        Turn(9);
        Assert.AreEqual(3, _page.FirstAfter(0));
        Assert.AreEqual(8, _page.FirstAfter(3));
        Assert.IsNull(_page.FirstAfter(9));
    }

    [TestMethod]
    public void What_is_forgotten_counts_as_changed_at_once()
    {
        for (var i = 1; i <= 200; i++)
            Turn(i * 10);
        Assert.AreEqual(11, _page.FirstAfter(10));
    }

    private void Turn(long revision)
    {
        var next = _rules with { NodeAddresses = [new(IpFamily.V4, (UInt128)revision)] };
        _page.Turn(new(revision, NodeRuleSetDelta.Between(_rules, next), DateTimeOffset.UnixEpoch), new(next));
        _rules = next;
    }
}
