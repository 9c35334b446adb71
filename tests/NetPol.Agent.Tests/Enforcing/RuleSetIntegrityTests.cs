using CsCheck;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Tests.Cutting;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Agent.Tests.Enforcing;

/// <summary>Checking a change finds what looking at all of the rule set finds.</summary>
[TestClass, TestCategory("Unit")]
public sealed class RuleSetIntegrityTests
{
    [TestMethod]
    public void Changes_of_generated_walks_have_no_fault() => Agreement.Walks.Holds(200, walk =>
    {
        var (world, steps) = walk;
        var integrity = new RuleSetIntegrity();
        var node = PolicyCompiler.Compile(world)[0].Node;
        var rules = NodeRuleSet.EmptyFor(node);
        foreach (var step in steps.Prepend(new("nothing", w => w)))
        {
            world = step.Apply(world);
            var change = NodeRuleSetDelta.Between(rules, PolicyCompiler.CompileNode(world, node));
            var after = change.Apply(rules);
            Assert.IsNull(integrity.Fault(rules, change, after));
            rules = after;
        }
    });

    [TestMethod]
    public void A_spoiled_change_is_found_whenever_the_whole_rule_set_shows_it()
    {
        int sound = 0, faulty = 0;
        Gen.Select(Agreement.Walks, Gen.Int[0, 1 << 20]).Holds(400, sample =>
        {
            var ((world, steps), seed) = sample;
            var random = new Random(seed);
            var integrity = new RuleSetIntegrity();
            var rules = PolicyCompiler.Compile(world).MaxBy(r => r.Ingress.Cells.Count + r.Egress.Cells.Count)!;
            Assert.IsNull(integrity.Fault(NodeRuleSet.EmptyFor(rules.Node), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(rules.Node), rules), rules));
            foreach (var step in steps)
            {
                world = step.Apply(world);
                var whole = NodeRuleSetDelta.Between(rules, PolicyCompiler.CompileNode(world, rules.Node));
                for (var spoiled = 0; spoiled < 20; spoiled++)
                {
                    var change = Spoil(whole, rules, random);
                    NodeRuleSet after;
                    try
                    {
                        after = change.Apply(rules);
                    }
                    catch (InvalidOperationException)
                    {
                        continue;
                    }
                    var (meant, found) = (WholeRuleSet.Fault(after), integrity.Fault(rules, change, after));
                    Assert.AreEqual(meant is null, found is null, $"{step}: meant {meant ?? "nothing"}, found {found ?? "nothing"}");
                    (sound, faulty) = meant is null ? (sound + 1, faulty) : (sound, faulty + 1);
                    if (meant is null && random.Next(3) == 0)
                        (rules, whole) = (after, NodeRuleSetDelta.Between(after, PolicyCompiler.CompileNode(world, rules.Node)));
                }
            }
        });
        Assert.IsGreaterThan(500, sound);
        Assert.IsGreaterThan(500, faulty);
    }

    [TestMethod]
    public void Cells_need_their_subjects_while_a_peer_has_their_class()
    {
        var rules = CutRules.NotFrom("10.1.0.1", "10.1.0.2");
        var hook = rules.Ingress;
        var integrity = new RuleSetIntegrity();
        Assert.IsNull(Fault(NodeRuleSet.EmptyFor(rules.Node), rules));
        Assert.AreEqual("Ingress judges 10.1.0.2, which is no subject", Fault(rules, rules with { Ingress = hook with { Rest = [] } }));
        var unmet = rules with { Ingress = hook with { Networks = [] } };
        var unjudged = unmet with { Ingress = unmet.Ingress with { Rest = [] } };
        var met = unjudged with { Ingress = unjudged.Ingress with { Networks = hook.Networks } };
        Assert.IsNull(Fault(rules, unmet));
        Assert.IsNull(Fault(unmet, unjudged));
        Assert.AreEqual("Ingress judges 10.1.0.2, which is no subject", Fault(unjudged, met));
        Assert.IsNull(Fault(unjudged, unmet));
        Assert.IsNull(Fault(unmet, rules));

        string? Fault(NodeRuleSet before, NodeRuleSet after) => integrity.Fault(before, NodeRuleSetDelta.Between(before, after), after);
    }

    [TestMethod]
    public void A_change_of_a_large_rule_set_is_checked_without_looking_at_all_of_it()
    {
        var networks = Enumerable.Range(0, 3_000).Select(i => Make.Network($"20.{i / 128}.{i % 128 * 2}.0/24")).ToArray();
        var world = new World().Pod("a/p", "10.0.0.1", "app=p", node: "n1").With(Make.NetworkPolicy("a/list", ingress: [Make.Rule(RuleAction.Allow, networks, [])])).Snapshot;
        var rules = PolicyCompiler.CompileNode(world, "n1");
        var integrity = new RuleSetIntegrity();
        Assert.IsNull(integrity.Fault(NodeRuleSet.EmptyFor("n1"), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor("n1"), rules), rules));
        var network = rules.Ingress.Networks[^1];
        var change = new NodeRuleSetDelta { Node = "n1", Ingress = new() { Networks = new([network], []) } };
        var after = change.Apply(rules);
        Assert.IsGreaterThan(2_000, after.Ingress.Networks.Count);
        integrity.Fault(rules, change, after);
        var back = new NodeRuleSetDelta { Node = "n1", Ingress = new() { Networks = new([], [network]) } };
        var again = back.Apply(after);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.IsNull(integrity.Fault(after, back, again));
        Assert.IsLessThan(20_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>The change with a fact less or more on one of its lists; or as it is.</summary>
    private static NodeRuleSetDelta Spoil(NodeRuleSetDelta change, NodeRuleSet rules, Random random) => random.Next(8) switch
    {
        0 => change with { Decisions = Spoil(change.Decisions, rules.Decisions, random) },
        1 or 2 => change with { Profiles = Spoil(change.Profiles, rules.Profiles, random) },
        3 or 4 => change with { Ingress = Spoil(change.Ingress, rules.Ingress, random) },
        5 or 6 => change with { Egress = Spoil(change.Egress, rules.Egress, random) },
        _ => change with { EgressToNode = Spoil(change.EgressToNode, rules.EgressToNode, random) },
    };

    private static HookRulesDelta Spoil(HookRulesDelta change, HookRules rules, Random random) => random.Next(7) switch
    {
        0 => change with { Rest = Spoil(change.Rest, rules.Rest, random) },
        1 => change with { Self = Spoil(change.Self, rules.Self, random) },
        2 => change with { Peers = Spoil(change.Peers, rules.Peers, random) },
        3 => change with { Networks = Spoil(change.Networks, rules.Networks, random) },
        4 => change with { Classes = Spoil(change.Classes, rules.Classes, random) },
        5 => change with { Cells = Spoil(change.Cells, rules.Cells, random) },
        _ => change with { Networks = new(change.Networks.Removed, change.Networks.Added.Select(n => n with { Range = n.Range with { Last = Wider(n.Range.Last) } }).ToValueArray()) },
    };

    private static IpAddress Wider(IpAddress address) => address.Value < uint.MaxValue ? address with { Value = address.Value + 1 } : address;

    private static Change<T> Spoil<T>(Change<T> change, ValueArray<T> there, Random random)
        where T : IEquatable<T>
    {
        switch (random.Next(3))
        {
            case 0 when !change.Added.IsEmpty:
                return change with { Added = Without(change.Added, random.Next(change.Added.Count)) };
            case 1 when !change.Removed.IsEmpty:
                return change with { Removed = Without(change.Removed, random.Next(change.Removed.Count)) };
            default:
                if (there.IsEmpty)
                    return change;
                // In the order of the list, as a difference is.
                var more = there[random.Next(there.Count)];
                return change with { Removed = there.Where(i => i.Equals(more) || change.Removed.Contains(i)).ToValueArray() };
        }
    }

    private static ValueArray<T> Without<T>(ValueArray<T> items, int place) => items.Where((_, i) => i != place).ToValueArray();
}
