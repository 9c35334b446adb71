using CsCheck;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Model.Tests.RuleSets;

[TestClass]
public sealed class NodeRuleSetDeltaTests
{
    private static readonly Gen<NodeRuleSet> RuleSets =
        Gen.Select(Gen.UInt[0, 12].Array[0, 10], Gen.Bool.Array[13], (keys, values) => NodeRuleSet.CreateEmpty("n") with
        {
            NodeAddresses = keys.Distinct().Order().Select(Address).ToValueArray(),
            PodIngress = EnforcementRules.Empty with
            {
                Defaults = keys.Distinct().Order().Select(k => new SubjectPortPolicy(Address(k), new(values[k] ? 1u : 2u))).ToValueArray(),
                PolicyEntries = keys.Distinct().Order().Select(k => new PolicyEntry(new(k / 3), Address(k), new(values[k] ? 1u : 2u))).ToValueArray(),
            },
        });

    [TestMethod]
    public void Delta_turns_one_rule_set_into_the_other() =>
        Gen.Select(RuleSets, RuleSets).Sample((before, after) => NodeRuleSetDelta.Between(before, after).Apply(before).Equals(after), iter: 1000);

    [TestMethod]
    public void Delta_of_equal_rule_sets_is_empty() => RuleSets.Sample(rules => NodeRuleSetDelta.Between(rules, rules).IsEmpty, iter: 100);

    [TestMethod]
    [DataRow(EnforcementPoint.PodEgress)]
    [DataRow(EnforcementPoint.PodIngress)]
    [DataRow(EnforcementPoint.PodToHost)]
    public void Delta_of_one_enforcement_point_is_not_empty(EnforcementPoint point)
    {
        var empty = NodeRuleSet.CreateEmpty("n");
        var rules = EnforcementRules.Empty with { Defaults = [new(Address(1), new(1))] };
        var after = point switch
        {
            EnforcementPoint.PodEgress => empty with { PodEgress = rules },
            EnforcementPoint.PodIngress => empty with { PodIngress = rules },
            _ => empty with { PodToHost = rules },
        };
        var difference = NodeRuleSetDelta.Between(empty, after);
        Assert.IsFalse(difference.IsEmpty);
        Assert.IsFalse(difference.RulesAt(point).IsEmpty);
        Assert.AreEqual(after, difference.Apply(empty));
    }

    [TestMethod]
    public void Delta_of_another_rule_set_is_refused()
    {
        var one = NodeRuleSet.CreateEmpty("n") with { NodeAddresses = [Address(1)] };
        var removes = NodeRuleSetDelta.Between(one, NodeRuleSet.CreateEmpty("n"));
        var adds = NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty("n"), one);
        Assert.ThrowsExactly<InvalidOperationException>(() => removes.Apply(NodeRuleSet.CreateEmpty("n")));
        Assert.ThrowsExactly<InvalidOperationException>(() => adds.Apply(one));
    }

    private static IpAddress Address(uint value) => new(IpFamily.V4, value);
}
