using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Status;
using NetPol.Compiler;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Nftables.Tests;
using NetPol.Protocol.Conversion;
using NetPol.Rendering;
using NetPol.Testing.Generation;

namespace NetPol.Agent.Tests.Dataplane;

[TestClass]
public sealed class NftablesDataplaneTests
{
    private readonly AgentStatus _state = TestAgentStatus.New();

    [TestMethod, TestCategory("Unit")]
    public void A_stream_of_updates_leaves_the_table_of_its_last_state() => Gen.Select(Generators.Clusters, Generators.Steps.Array[1, 4])
        .ForAll(100, sample =>
        {
            var (cluster, steps) = sample;
            var node = PolicyCompiler.Compile(cluster)[0].Node;
            var nftables = new FakeNftables();
            var dataplane = new NftablesDataplane(node, nftables, _state, TimeProvider.System, NullLogger.Instance);
            var rules = NodeRuleSet.CreateEmpty(node);
            ulong generation = 0;
            foreach (var state in steps.Select(step => cluster = step.Apply(cluster)).Prepend(cluster).ToList())
            {
                var next = PolicyCompiler.CompileNode(state, node);
                dataplane.Apply(new(generation + 1, generation, null), NodeRuleSetDelta.Between(rules, next));
                (rules, generation) = (next, generation + 1);
                AssertHolds(nftables, rules);
            }
        });

    [TestMethod, TestCategory("Unit")]
    public void A_restart_changes_nothing_that_is_as_it_should_be()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        new NftablesDataplane(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        Assert.AreEqual(0, new NftablesDataplane(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules)));
    }

    [TestMethod, TestCategory("Unit")]
    public void A_table_that_someone_changed_is_put_right_by_the_next_difference()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        var dataplane = new NftablesDataplane(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance);
        dataplane.Apply(new(1, 0, null), FromNothing(rules));
        Assert.IsTrue(TableRemoval.Remove(nftables));
        var less = rules with { ReadyPods = [], PodCidrs = [] };
        var change = NodeRuleSetDelta.Between(rules, less with { NodeAddresses = [new(NetPol.Model.Net.IpFamily.V4, 1)], PodCidrs = [NetPol.Model.Net.Cidr.Parse("10.9.0.0/16")] });
        dataplane.Apply(new(2, 1, null), change);
        AssertHolds(nftables, change.Apply(rules));
        Assert.AreEqual(1, _state.CreateReport().Resyncs);
    }

    [TestMethod, TestCategory("Unit")]
    public void An_observer_of_a_change_finds_the_programmed_rules()
    {
        var less = Sample() with { ReadyPods = [], PodCidrs = [] };
        var more = less with { PodCidrs = [NetPol.Model.Net.Cidr.Parse("10.9.0.0/16")] };
        var (there, back) = (NodeRuleSetDelta.Between(less, more), NodeRuleSetDelta.Between(more, less));
        var nftables = new FakeNftables();
        var observer = new RecordingObserver();
        var dataplane = new NftablesDataplane(less.Node, nftables, _state, TimeProvider.System, NullLogger.Instance, [observer]);
        List<(NodeRuleSetDelta? Change, NodeRuleSet? Rules)> observed = [];
        observer.Changed = change => observed.Add((change, dataplane.ProgrammedRules));
        dataplane.Apply(new(1, 0, null), FromNothing(less));
        dataplane.Apply(new(2, 1, null), there);
        Assert.IsTrue(TableRemoval.Remove(nftables));
        dataplane.Apply(new(3, 2, null), back);
        Assert.IsTrue(TableRemoval.Remove(nftables));
        dataplane.Resync();
        Assert.IsTrue(observed.SequenceEqual([(null, less), (there, more), (null, less), (null, less)]));
    }

    [TestMethod, TestCategory("Unit")]
    public void Before_a_snapshot_a_resync_does_nothing()
    {
        var nftables = new FakeNftables();
        Assert.AreEqual(0, new NftablesDataplane("n1", nftables, _state, TimeProvider.System, NullLogger.Instance).Resync());
        Assert.IsNull(nftables.Read(Renderer.TableName));
    }

    [TestMethod, TestCategory("Kernel")]
    public void A_table_that_was_deleted_while_no_agent_ran_is_made_anew_by_the_first_snapshot()
    {
        using var kernel = new KernelNamespace();
        var rules = Sample();
        new NftablesDataplane(rules.Node, kernel.Nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        kernel.Nft("delete table inet netpol");
        new NftablesDataplane(rules.Node, kernel.Nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        AssertHolds(kernel.Nftables, rules);
    }

    [TestMethod, TestCategory("Unit")]
    public void A_difference_before_a_snapshot_is_refused()
    {
        var rules = Sample();
        Assert.ThrowsExactly<ProtocolException>(() => new NftablesDataplane(rules.Node, new FakeNftables(), _state, TimeProvider.System, NullLogger.Instance).Apply(new(2, 1, null), FromNothing(rules)));
    }

    [TestMethod, TestCategory("Unit")]
    public void A_rule_set_whose_parts_do_not_belong_together_is_refused_and_the_old_one_stays()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        var dataplane = new NftablesDataplane(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance);
        dataplane.Apply(new(1, 0, null), FromNothing(rules));
        foreach (var broken in Broken(rules))
            Assert.ThrowsExactly<ProtocolException>(() => dataplane.Apply(new(2, 0, null), FromNothing(broken)));
        AssertHolds(nftables, rules);
    }

    [TestMethod, TestCategory("Unit")]
    public void Cleanup_removes_the_table_and_says_whether_there_was_one()
    {
        var rules = Sample();
        var nftables = new FakeNftables();
        Assert.IsFalse(TableRemoval.Remove(nftables));
        new NftablesDataplane(rules.Node, nftables, _state, TimeProvider.System, NullLogger.Instance).Apply(new(1, 0, null), FromNothing(rules));
        Assert.IsTrue(TableRemoval.Remove(nftables));
        Assert.IsNull(nftables.Read(Renderer.TableName));
    }

    private static IEnumerable<NodeRuleSet> Broken(NodeRuleSet rules)
    {
        yield return rules with { GrantedSources = [new(NetPol.Model.Net.IpAddress.Parse("10.1.0.2"), NetPol.Model.Net.Cidr.Parse("0.0.0.0/0"))] };
        yield return rules with { GrantedSources = [new(NetPol.Model.Net.IpAddress.Parse("10.1.0.2"), NetPol.Model.Net.Cidr.Parse("10.0.0.0/8")), new(NetPol.Model.Net.IpAddress.Parse("10.1.0.2"), NetPol.Model.Net.Cidr.Parse("10.9.0.0/16"))] };
        yield return rules with { Decisions = [] };
        yield return rules with { PortPolicies = [] };
        yield return rules with { PodIngress = rules.PodIngress with { Identities = [] } };
        yield return rules with { PodIngress = rules.PodIngress with { Defaults = [] } };
        yield return rules with { PodEgress = rules.PodIngress };
    }

    /// <summary>A rule set with peers, policy entries and subjects in ingress.</summary>
    private static NodeRuleSet Sample() => Generators.Clusters.Draw(200).SelectMany(w => (IEnumerable<NodeRuleSet>)PolicyCompiler.Compile(w))
        .First(r => !r.PodIngress.PolicyEntries.IsEmpty && !r.PodIngress.Peers.IsEmpty);

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules);

    /// <summary>The table is that of the rules, counters apart that only hold counts.</summary>
    private static void AssertHolds(INftables nftables, NodeRuleSet rules)
    {
        var actual = nftables.Read(Renderer.TableName)!;
        Assert.AreEqual(NftText.Write(CounterRetention.Retain(actual, CommitGuard.AtEpochOf(Renderer.Render(rules), actual))), NftText.Write(actual));
    }

    private sealed class RecordingObserver : IRuleSetObserver
    {
        public Action<NodeRuleSetDelta?> Changed { get; set; } = _ => { };

        public void OnRulesProgrammed(NodeRuleSetDelta? change) => Changed(change);
    }
}
