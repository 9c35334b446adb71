using CsCheck;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>Checking a change finds what looking at all of the rule set finds.</summary>
[TestClass, TestCategory("Unit")]
public sealed class RuleSetIntegrityTests
{
    [TestMethod]
    public void Changes_of_generated_walks_have_no_fault() => CompilerAgreement.Walks.ForAll(200, walk =>
    {
        var (cluster, steps) = walk;
        var integrity = new RuleSetIntegrity();
        var node = PolicyCompiler.Compile(cluster)[0].Node;
        var rules = NodeRuleSet.CreateEmpty(node);
        foreach (var step in steps.Prepend(new("nothing", w => w)))
        {
            cluster = step.Apply(cluster);
            var change = NodeRuleSetDelta.Between(rules, PolicyCompiler.CompileNode(cluster, node));
            var after = change.Apply(rules);
            Assert.IsNull(integrity.FindViolation(rules, change, after));
            rules = after;
        }
    });

    [TestMethod]
    public void A_spoiled_change_is_found_whenever_the_whole_rule_set_shows_it()
    {
        int sound = 0, faulty = 0;
        Gen.Select(CompilerAgreement.Walks, Gen.Int[0, 1 << 20]).ForAll(400, sample =>
        {
            var ((cluster, steps), seed) = sample;
            var random = new Random(seed);
            var integrity = new RuleSetIntegrity();
            var rules = PolicyCompiler.Compile(cluster).MaxBy(r => r.PodIngress.PolicyEntries.Count + r.PodEgress.PolicyEntries.Count)!;
            Assert.IsNull(integrity.FindViolation(NodeRuleSet.CreateEmpty(rules.Node), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules), rules));
            foreach (var step in steps)
            {
                cluster = step.Apply(cluster);
                var whole = NodeRuleSetDelta.Between(rules, PolicyCompiler.CompileNode(cluster, rules.Node));
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
                    var (expected, found) = (FullRuleSet.Fault(after), integrity.FindViolation(rules, change, after));
                    Assert.AreEqual(expected is null, found is null, $"{step}: expected {expected ?? "nothing"}, found {found ?? "nothing"}");
                    (sound, faulty) = expected is null ? (sound + 1, faulty) : (sound, faulty + 1);
                    if (expected is null && random.Next(3) == 0)
                        (rules, whole) = (after, NodeRuleSetDelta.Between(after, PolicyCompiler.CompileNode(cluster, rules.Node)));
                }
            }
        });
        Assert.IsGreaterThan(500, sound);
        Assert.IsGreaterThan(500, faulty);
    }

    [TestMethod]
    public void Entries_need_their_subjects_while_a_peer_has_their_identity()
    {
        var rules = ConntrackRuleSets.NotFrom("10.1.0.1", "10.1.0.2");
        var point = rules.PodIngress;
        var integrity = new RuleSetIntegrity();
        Assert.IsNull(Fault(NodeRuleSet.CreateEmpty(rules.Node), rules));
        Assert.AreEqual("PodIngress has entries for 10.1.0.2, which is no subject", Fault(rules, rules with { PodIngress = point with { Defaults = [] } }));
        var unmet = rules with { PodIngress = point with { Networks = [] } };
        var unevaluated = unmet with { PodIngress = unmet.PodIngress with { Defaults = [] } };
        var met = unevaluated with { PodIngress = unevaluated.PodIngress with { Networks = point.Networks } };
        Assert.IsNull(Fault(rules, unmet));
        Assert.IsNull(Fault(unmet, unevaluated));
        Assert.AreEqual("PodIngress has entries for 10.1.0.2, which is no subject", Fault(unevaluated, met));
        Assert.IsNull(Fault(unevaluated, unmet));
        Assert.IsNull(Fault(unmet, rules));

        string? Fault(NodeRuleSet before, NodeRuleSet after) => integrity.FindViolation(before, NodeRuleSetDelta.Between(before, after), after);
    }

    [TestMethod]
    public void A_change_of_a_large_rule_set_is_checked_without_looking_at_all_of_it()
    {
        var networks = Enumerable.Range(0, 3_000).Select(i => Make.Network($"20.{i / 128}.{i % 128 * 2}.0/24")).ToArray();
        var cluster = new TestCluster().Pod("a/p", "10.0.0.1", "app=p", node: "n1").WithPolicies(Make.NetworkPolicy("a/list", ingress: [Make.Rule(RuleAction.Allow, networks, [])])).Snapshot;
        var rules = PolicyCompiler.CompileNode(cluster, "n1");
        var integrity = new RuleSetIntegrity();
        Assert.IsNull(integrity.FindViolation(NodeRuleSet.CreateEmpty("n1"), NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty("n1"), rules), rules));
        var network = rules.PodIngress.Networks[^1];
        var change = new NodeRuleSetDelta { Node = "n1", PodIngress = new() { Networks = new([network], []) } };
        var after = change.Apply(rules);
        Assert.IsGreaterThan(2_000, after.PodIngress.Networks.Count);
        integrity.FindViolation(rules, change, after);
        var back = new NodeRuleSetDelta { Node = "n1", PodIngress = new() { Networks = new([], [network]) } };
        var again = back.Apply(after);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.IsNull(integrity.FindViolation(after, back, again));
        Assert.IsLessThan(20_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>The change with an entry less or more in one of its lists, or unchanged.</summary>
    private static NodeRuleSetDelta Spoil(NodeRuleSetDelta change, NodeRuleSet rules, Random random) => random.Next(8) switch
    {
        0 => change with { Decisions = Spoil(change.Decisions, rules.Decisions, random) },
        1 or 2 => change with { PortPolicies = Spoil(change.PortPolicies, rules.PortPolicies, random) },
        3 or 4 => change with { PodIngress = Spoil(change.PodIngress, rules.PodIngress, random) },
        5 or 6 => change with { PodEgress = Spoil(change.PodEgress, rules.PodEgress, random) },
        _ => change with { PodToHost = Spoil(change.PodToHost, rules.PodToHost, random) },
    };

    private static EnforcementRulesDelta Spoil(EnforcementRulesDelta change, EnforcementRules rules, Random random) => random.Next(7) switch
    {
        0 => change with { Defaults = Spoil(change.Defaults, rules.Defaults, random) },
        1 => change with { Self = Spoil(change.Self, rules.Self, random) },
        2 => change with { Peers = Spoil(change.Peers, rules.Peers, random) },
        3 => change with { Networks = Spoil(change.Networks, rules.Networks, random) },
        4 => change with { Identities = Spoil(change.Identities, rules.Identities, random) },
        5 => change with { PolicyEntries = Spoil(change.PolicyEntries, rules.PolicyEntries, random) },
        _ => change with { Networks = new(change.Networks.Removed, change.Networks.Added.Select(n => n with { Range = n.Range with { Last = Wider(n.Range.Last) } }).ToValueArray()) },
    };

    private static IpAddress Wider(IpAddress address) => address.Value < uint.MaxValue ? address with { Value = address.Value + 1 } : address;

    private static ListChange<T> Spoil<T>(ListChange<T> change, ValueArray<T> there, Random random)
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
