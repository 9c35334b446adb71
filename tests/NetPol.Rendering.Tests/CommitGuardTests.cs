using CsCheck;
using NetPol.Compiler;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Testing.Generation;

namespace NetPol.Rendering.Tests;

/// <summary>The commit guard in the base chains, as a packet meets it that keeps the rules of the base chain with which it started.</summary>
[TestClass, TestCategory("Unit")]
public sealed class CommitGuardTests
{
    [TestMethod]
    public void Packets_that_started_before_the_effect_are_dropped_and_later_ones_pass()
    {
        var (guarded, unguarded) = (0, 0);
        Gen.Select(Generators.Clusters, Generators.Steps.Array[4, 8]).ForAll(100, sample =>
        {
            var (cluster, rules) = (sample.Item1, PolicyCompiler.CompileNode(sample.Item1, "n1"));
            var nftables = Loaded(rules);
            foreach (var step in sample.Item2)
            {
                cluster = step.Apply(cluster);
                var after = PolicyCompiler.CompileNode(cluster, "n1");
                var epoch = CommitGuard.EpochOf(nftables.Read(Renderer.TableName));
                var change = Renderer.Render(NodeRuleSetDelta.Between(rules, after), epoch: epoch);
                var started = Guards(nftables);
                Commit(nftables, change.Preparation);
                AssertDrops(nftables, started, isDropped: false);
                Commit(nftables, change.Effect);
                var isGuarded = CommitGuard.EpochAfter(change, epoch) != epoch;
                AssertDrops(nftables, started, isDropped: isGuarded);
                AssertDrops(nftables, Guards(nftables), isDropped: false);
                Commit(nftables, change.Removal);
                AssertDrops(nftables, Guards(nftables), isDropped: false);
                Assert.IsTrue(isGuarded || change.Effect.IsEmpty || (change.Preparation.IsEmpty && ChangedSets(change.Effect) == 1 + (IsDualStack(change.Effect) ? 1 : 0)), change.ToString());
                _ = isGuarded ? guarded++ : change.Effect.IsEmpty ? 0 : unguarded++;
                rules = after;
            }
        });
        Assert.IsGreaterThan(50, guarded);
        Assert.IsGreaterThan(5, unguarded);
    }

    [TestMethod]
    public void A_guarded_change_of_elements_waits_for_packets_once_and_a_change_of_one_set_leaves_it_to_the_next()
    {
        var rules = SmallRuleSet.Value;
        var withoutEgress = rules with { PodEgress = EnforcementRules.Empty };
        var withoutPeers = withoutEgress with { PodIngress = withoutEgress.PodIngress with { Peers = [] } };
        var nftables = Loaded(rules);
        nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(rules, withoutEgress)));
        var waits = nftables.Waits;
        nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(withoutEgress, rules), epoch: GuardEpoch.Odd));
        nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(rules, withoutEgress)));
        Assert.AreEqual(waits + 2, nftables.Waits);
        nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(withoutEgress, withoutPeers), epoch: GuardEpoch.Odd));
        Assert.AreEqual(waits + 2, nftables.Waits);
        Assert.IsTrue(TableDiff.Between(nftables.Read(Renderer.TableName), Renderer.Render(withoutPeers)).IsEmpty);
        // A packet may still be on its way since before the last change.
        nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(withoutPeers, withoutEgress), epoch: GuardEpoch.Odd));
        Assert.AreEqual(waits + 3, nftables.Waits);
    }

    [TestMethod]
    public void Update_after_an_agent_was_killed_between_effect_and_removal_is_guarded_too()
    {
        var (before, after) = (SmallRuleSet.Value, SmallRuleSet.Value with { PodEgress = EnforcementRules.Empty });
        var nftables = Loaded(before);
        var change = Renderer.Render(NodeRuleSetDelta.Between(before, after));
        nftables.CommitBatch(change.Preparation);
        nftables.CommitBatch(change.Effect);

        var actual = nftables.Read(Renderer.TableName);
        Assert.AreEqual(GuardEpoch.Odd, CommitGuard.EpochOf(actual));
        var update = TableDiff.Between(actual, Renderer.Render(before));
        Assert.AreEqual(GuardEpoch.Even, CommitGuard.EpochAfter(update, GuardEpoch.Odd));
        Assert.IsTrue(update.WaitsBeforeEffect, "the set of the next epoch is full until the packets of the killed change have ended");
        nftables.Commit(update);
        Assert.AreEqual(Renderer.Render(before), nftables.Read(Renderer.TableName));
    }

    [TestMethod]
    [DataRow(Renderer.ForwardChain)]
    [DataRow(Renderer.InputChain)]
    public void Table_that_lost_its_guard_gets_it_back_in_an_update_that_waits(string chain)
    {
        var rules = SmallRuleSet.Value;
        var nftables = Loaded(rules);
        nftables.CommitBatch(new(Renderer.TableName, [new Operation.FlushChain(chain)]));
        var update = TableDiff.Between(nftables.Read(Renderer.TableName), Renderer.Render(rules));
        Assert.AreEqual(GuardEpoch.Even, CommitGuard.EpochAfter(update, GuardEpoch.Even));
        Assert.IsTrue(update.WaitsBeforeEffect);
        nftables.Commit(update);
        Assert.AreEqual(Renderer.Render(rules), nftables.Read(Renderer.TableName));
    }

    [TestMethod]
    public void Replaced_table_starts_with_the_even_epoch()
    {
        var rules = SmallRuleSet.Value;
        Assert.AreEqual(GuardEpoch.Even, CommitGuard.EpochAfter(TableDiff.Replace(Renderer.Render(rules), []), GuardEpoch.Odd));
    }

    /// <summary>The sets that the last rules of the base chains look up.</summary>
    private static string[] Guards(FakeNftables nftables) =>
        [.. ((string[])[Renderer.ForwardChain, Renderer.InputChain]).Select(c => ((Statement.Lookup)nftables.Read(Renderer.TableName)!.Chains[c].Rules[^1].Statements[0]).Set)];

    private static void AssertDrops(FakeNftables nftables, string[] sets, bool isDropped)
    {
        foreach (var set in sets)
            Assert.AreEqual(isDropped ? 2 : 0, nftables.Read(Renderer.TableName)!.Sets[set].Elements.Count, $"families in {set}");
    }

    private static int ChangedSets(Transaction step) => SetNames(step).Count();

    private static bool IsDualStack(Transaction step) => SetNames(step).Select(s => s.Contains("-6-", StringComparison.Ordinal)).Distinct().Count() == 2;

    private static IEnumerable<string> SetNames(Transaction step) => step.Operations
        .Select(o => o is Operation.AddElements add ? add.Set.Name : ((Operation.DeleteElements)o).Set.Name).Distinct(StringComparer.Ordinal);

    private static void Commit(FakeNftables nftables, Transaction step)
    {
        if (!step.IsEmpty)
            nftables.CommitBatch(step);
    }

    private static FakeNftables Loaded(NodeRuleSet rules)
    {
        var nftables = new FakeNftables();
        nftables.Commit(TableDiff.Between(null, Renderer.Render(rules)));
        return nftables;
    }
}
