using CsCheck;
using NetPol.Model.Rules;

namespace NetPol.Model.Tests.Rules;

[TestClass]
public sealed class NodeRuleSetDeltaTests
{
    private static readonly Gen<NodeRuleSet> RuleSets =
        Gen.Select(Gen.UInt[0, 12].Array[0, 10], Gen.Bool.Array[13], (keys, values) => NodeRuleSet.EmptyFor("n") with
        {
            NodeAddresses = keys.Distinct().Order().Select(Address).ToValueArray(),
            Ingress = HookRules.Empty with
            {
                Rest = keys.Distinct().Order().Select(k => new SubjectProfile(Address(k), new(values[k] ? 1u : 2u))).ToValueArray(),
                Cells = keys.Distinct().Order().Select(k => new ClassCell(new(k / 3), Address(k), new(values[k] ? 1u : 2u))).ToValueArray(),
            },
        });

    [TestMethod]
    public void A_difference_turns_the_one_into_the_other() =>
        Gen.Select(RuleSets, RuleSets).Sample((before, after) => NodeRuleSetDelta.Between(before, after).Apply(before).Equals(after), iter: 1000);

    [TestMethod]
    public void No_difference_is_empty() => RuleSets.Sample(rules => NodeRuleSetDelta.Between(rules, rules).IsEmpty, iter: 100);

    [TestMethod]
    [DataRow(Hook.Egress)]
    [DataRow(Hook.Ingress)]
    [DataRow(Hook.EgressToNode)]
    public void A_difference_of_one_hook_alone_is_not_empty(Hook hook)
    {
        var empty = NodeRuleSet.EmptyFor("n");
        var rules = HookRules.Empty with { Rest = [new(Address(1), new(1))] };
        var after = hook switch
        {
            Hook.Egress => empty with { Egress = rules },
            Hook.Ingress => empty with { Ingress = rules },
            _ => empty with { EgressToNode = rules },
        };
        var difference = NodeRuleSetDelta.Between(empty, after);
        Assert.IsFalse(difference.IsEmpty);
        Assert.IsFalse(difference.Rules(hook).IsEmpty);
        Assert.AreEqual(after, difference.Apply(empty));
    }

    [TestMethod]
    public void A_difference_from_something_else_is_refused()
    {
        var one = NodeRuleSet.EmptyFor("n") with { NodeAddresses = [Address(1)] };
        var removes = NodeRuleSetDelta.Between(one, NodeRuleSet.EmptyFor("n"));
        var adds = NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor("n"), one);
        Assert.ThrowsExactly<InvalidOperationException>(() => removes.Apply(NodeRuleSet.EmptyFor("n")));
        Assert.ThrowsExactly<InvalidOperationException>(() => adds.Apply(one));
    }

    private static IpAddress Address(uint value) => new(IpFamily.V4, value);
}
