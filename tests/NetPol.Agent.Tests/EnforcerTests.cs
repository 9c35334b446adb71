using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Compiler;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Nftables.Tests;
using NetPol.Protocol;
using NetPol.Rendering;
using NetPol.Rendering.Counting;
using NetPol.Testing;

namespace NetPol.Agent.Tests;

[TestClass]
public sealed class EnforcerTests
{
    private readonly AgentState _state = TestState.New();

    [TestMethod, TestCategory("Unit")]
    public void A_stream_of_updates_leaves_the_table_of_its_last_state() => Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 4])
        .Holds(100, sample =>
        {
            var (world, steps) = sample;
            var node = PolicyCompiler.Compile(world)[0].Node;
            var nftables = new FakeNftables();
            var enforcer = new Enforcer(node, nftables, _state, TimeProvider.System, NullLogger.Instance);
            var rules = NodeRuleSet.EmptyFor(node);
            ulong generation = 0;
            foreach (var state in steps.Select(step => world = step.Apply(world)).Prepend(world).ToList())
            {
                var next = PolicyCompiler.CompileNode(state, node);
                enforcer.Apply(new(generation + 1, generation, null), NodeRuleSetDelta.Between(rules, next));
                (rules, generation) = (next, generation + 1);
                AssertHolds(nftables, rules);
            }
        });

    [TestMethod, TestCategory("Unit")]
    public void A_restart_changes_nothing_that_is_as_it_should_be()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        new Enforcer(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        Assert.AreEqual(0, new Enforcer(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules)));
    }

    [TestMethod, TestCategory("Unit")]
    public void A_table_that_someone_changed_is_put_right_by_the_next_difference()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        var enforcer = new Enforcer(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance);
        enforcer.Apply(new(1, 0, null), FromNothing(rules));
        Assert.IsTrue(Cleanup.Remove(nftables));
        var less = rules with { KnownPods = [], PodNetworks = [] };
        var change = NodeRuleSetDelta.Between(rules, less with { NodeAddresses = [new(Model.IpFamily.V4, 1)], PodNetworks = [Model.Cidr.Parse("10.9.0.0/16")] });
        enforcer.Apply(new(2, 1, null), change);
        AssertHolds(nftables, change.Apply(rules));
        Assert.AreEqual(1, _state.Describe().Repairs);
    }

    [TestMethod, TestCategory("Unit")]
    public void Whoever_is_told_that_something_else_is_in_force_finds_the_rules_that_are()
    {
        var less = Sample() with { KnownPods = [], PodNetworks = [] };
        var more = less with { PodNetworks = [Model.Cidr.Parse("10.9.0.0/16")] };
        var (there, back) = (NodeRuleSetDelta.Between(less, more), NodeRuleSetDelta.Between(more, less));
        var nftables = new FakeNftables();
        var observer = new RecordingObserver();
        var enforcer = new Enforcer(less.Node, nftables, _state, TimeProvider.System, NullLogger.Instance, [observer]);
        List<(NodeRuleSetDelta? Change, NodeRuleSet? Rules)> told = [];
        observer.Changed = change => told.Add((change, enforcer.Rules));
        enforcer.Apply(new(1, 0, null), FromNothing(less));
        enforcer.Apply(new(2, 1, null), there);
        Assert.IsTrue(Cleanup.Remove(nftables));
        enforcer.Apply(new(3, 2, null), back);
        Assert.IsTrue(Cleanup.Remove(nftables));
        enforcer.Repair();
        Assert.IsTrue(told.SequenceEqual([(null, less), (there, more), (null, less), (null, less)]));
    }

    [TestMethod, TestCategory("Unit")]
    public void Before_a_snapshot_nobody_knows_what_is_right_and_nothing_is_put_right()
    {
        var nftables = new FakeNftables();
        Assert.AreEqual(0, new Enforcer("n1", nftables, _state, TimeProvider.System, NullLogger.Instance).Repair());
        Assert.IsNull(nftables.Read(Renderer.TableName));
    }

    [TestMethod, TestCategory("Kernel")]
    public void A_table_that_was_deleted_while_no_agent_ran_is_made_anew_by_the_first_snapshot()
    {
        using var kernel = new KernelNamespace();
        var rules = Sample();
        new Enforcer(rules.Node, kernel.Nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        kernel.Nft("delete table inet netpol");
        new Enforcer(rules.Node, kernel.Nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        AssertHolds(kernel.Nftables, rules);
    }

    [TestMethod, TestCategory("Unit")]
    public void A_difference_before_a_snapshot_is_refused()
    {
        var rules = Sample();
        Assert.ThrowsExactly<ProtocolException>(() => new Enforcer(rules.Node, new FakeNftables(), _state, TimeProvider.System, NullLogger.Instance).Apply(new(2, 1, null), FromNothing(rules)));
    }

    [TestMethod, TestCategory("Unit")]
    public void A_rule_set_whose_parts_do_not_belong_together_is_refused_and_the_old_one_stays()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        var enforcer = new Enforcer(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance);
        enforcer.Apply(new(1, 0, null), FromNothing(rules));
        foreach (var broken in Broken(rules))
            Assert.ThrowsExactly<ProtocolException>(() => enforcer.Apply(new(2, 0, null), FromNothing(broken)));
        AssertHolds(nftables, rules);
    }

    [TestMethod, TestCategory("Unit")]
    public void Cleanup_removes_the_table_and_says_whether_there_was_one()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        Assert.IsFalse(Cleanup.Remove(nftables));
        new Enforcer(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        Assert.IsTrue(Cleanup.Remove(nftables));
        Assert.IsNull(nftables.Read(Renderer.TableName));
    }

    private static IEnumerable<NodeRuleSet> Broken(NodeRuleSet rules)
    {
        yield return rules with { GrantedSources = [new(Model.IpAddress.Parse("10.1.0.2"), Model.Cidr.Parse("0.0.0.0/0"))] };
        yield return rules with { GrantedSources = [new(Model.IpAddress.Parse("10.1.0.2"), Model.Cidr.Parse("10.0.0.0/8")), new(Model.IpAddress.Parse("10.1.0.2"), Model.Cidr.Parse("10.9.0.0/16"))] };
        yield return rules with { Decisions = [] };
        yield return rules with { Profiles = [] };
        yield return rules with { Ingress = rules.Ingress with { Classes = [] } };
        yield return rules with { Ingress = rules.Ingress with { Rest = [] } };
        yield return rules with { Egress = rules.Ingress };
    }

    /// <summary>A rule set with peers, cells and subjects in ingress.</summary>
    private static NodeRuleSet Sample() => Generators.Worlds.Draw(200).SelectMany(w => (IEnumerable<NodeRuleSet>)PolicyCompiler.Compile(w))
        .First(r => !r.Ingress.Cells.IsEmpty && !r.Ingress.Peers.IsEmpty);

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(rules.Node), rules);

    /// <summary>The table is that of the rules, counters apart that only hold counts.</summary>
    private static void AssertHolds(INftables nftables, NodeRuleSet rules)
    {
        var actual = nftables.Read(Renderer.TableName)!;
        Assert.AreEqual(NftText.Write(CountKeeping.Keep(actual, Renderer.Render(rules))), NftText.Write(actual));
    }

    private sealed class RecordingObserver : IRuleSetObserver
    {
        public Action<NodeRuleSetDelta?> Changed { get; set; } = _ => { };

        public void RulesChanged(NodeRuleSetDelta? change) => Changed(change);
    }
}
