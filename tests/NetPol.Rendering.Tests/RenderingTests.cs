using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Fake;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Rendering.Tests;

/// <summary>Rendered tables evaluate as their rule sets do, and updates give the same table as a full render.</summary>
[TestClass, TestCategory("Unit")]
public sealed class RenderingTests
{
    [TestMethod]
    public void Packets_through_the_rendered_table_meet_the_decisions_of_the_rule_set() => Generators.Clusters
        .SelectMany(cluster => Generators.Connections(cluster).Array[32].Select(connections => new ClusterSample(cluster, connections)))
        .ForAll(600, sample =>
        {
            foreach (var (rules, logged) in PolicyCompiler.Compile(sample.Cluster).Zip(AnyLogging()))
            {
                var evaluate = new TracedEvaluator(rules, Renderer.Render(rules, new() { Always = logged }), logged);
                foreach (var connection in sample.Connections)
                    evaluate.AssertAgreement(connection);
            }
        });

    [TestMethod]
    public void A_walk_by_differences_ends_where_a_full_render_does() => Gen.Select(Generators.Clusters, Generators.Steps.Array[1, 6])
        .ForAll(150, sample =>
        {
            var (cluster, steps) = sample;
            var (node, rules) = FirstNode(cluster);
            var (nftables, epoch) = (Loaded(Renderer.Render(rules)), GuardEpoch.Even);
            foreach (var step in steps)
            {
                cluster = step.Apply(cluster);
                var after = PolicyCompiler.CompileNode(cluster, node);
                var change = Renderer.Render(NodeRuleSetDelta.Between(rules, after), epoch: epoch);
                nftables.Commit(change);
                epoch = CommitGuard.EpochAfter(change, epoch);
                rules = after;
                AssertHolds(nftables, Renderer.Render(after), step.Description);
            }
        });

    [TestMethod]
    public void Until_the_one_step_that_has_effect_packets_are_evaluated_as_before_and_from_it_on_as_after() => Gen.Select(Generators.Clusters, Generators.Clusters)
        .SelectMany(clusters => Generators.Connections(clusters.Item2).Array[16].Select(connections => (clusters.Item1, clusters.Item2, connections)))
        .ForAll(150, sample =>
        {
            var (before, after) = (FirstNode(sample.Item1).Rules, PolicyCompiler.CompileNode(sample.Item2, FirstNode(sample.Item1).Node));
            AssertSteps(Renderer.Render(NodeRuleSetDelta.Between(before, after)));
            AssertSteps(TableDiff.Between(Renderer.Render(before), Renderer.Render(after)));

            void AssertSteps(StagedUpdate change)
            {
                var nftables = Loaded(Renderer.Render(before));
                foreach (var (slice, now) in Slices(change.Preparation, before).Append((change.Effect, after)).Concat(Slices(change.Removal, after)))
                {
                    nftables.CommitBatch(slice);
                    var evaluate = new TracedEvaluator(now, nftables.Read(Renderer.TableName)!, FlowLogging.None);
                    foreach (var connection in sample.connections)
                        evaluate.AssertAgreement(connection);
                }
            }
        });

    [TestMethod]
    public void A_change_that_is_committed_in_slices_of_one_operation_each_ends_where_a_full_render_does() => Gen.Select(Generators.Clusters, Generators.Clusters)
        .ForAll(50, sample =>
        {
            var (before, after) = (FirstNode(sample.Item1).Rules, PolicyCompiler.CompileNode(sample.Item2, FirstNode(sample.Item1).Node));
            var nftables = new FakeNftables();
            var pacer = new OneByOne();
            nftables.Commit(TableDiff.Between(null, Renderer.Render(before)), pacer: pacer);
            AssertHolds(nftables, Renderer.Render(before), "a table made anew");
            nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(before, after)), pacer: pacer);
            AssertHolds(nftables, Renderer.Render(after), "a difference");
            nftables.Commit(TableDiff.Between(nftables.Read(Renderer.TableName), Renderer.Render(before)), pacer: pacer);
            AssertHolds(nftables, Renderer.Render(before), "a reconcile");
        });

    [TestMethod]
    public void Settings_of_the_log_that_changed_are_put_programmed_by_a_reconcile()
    {
        var rules = FirstNode(Generators.Clusters.Draw(1).Single()).Rules;
        var nftables = Loaded(Renderer.Render(rules));
        foreach (var logs in (FlowLogSettings[])
            [new() { Always = FlowLogging.All }, new() { Always = FlowLogging.All, Group = 5 }, new() { Always = FlowLogging.Denied, PerSecond = 3, Burst = 1 }, new()])
        {
            var wanted = Renderer.Render(rules, logs);
            nftables.Commit(TableDiff.Between(nftables.Read(Renderer.TableName), wanted));
            AssertHolds(nftables, wanted, logs.ToString());
        }
    }

    [TestMethod]
    public void A_difference_with_settings_of_the_log_ends_where_a_full_render_does()
    {
        var logs = new FlowLogSettings { Always = FlowLogging.Denied };
        foreach (var (first, second) in Generators.Clusters.Draw(20).Zip(Generators.Clusters.Draw(20).Reverse()))
        {
            var (before, after) = (PolicyCompiler.CompileNode(first, "n1"), PolicyCompiler.CompileNode(second, "n1"));
            var nftables = Loaded(Renderer.Render(before, logs));
            nftables.Commit(Renderer.Render(NodeRuleSetDelta.Between(before, after), logs));
            AssertHolds(nftables, Renderer.Render(after, logs), "");
        }
    }

    [TestMethod]
    public void A_reconcile_turns_any_table_into_any_other() => Gen.Select(Generators.Clusters, Generators.Clusters)
        .ForAll(100, sample =>
        {
            var nftables = Loaded(Renderer.Render(FirstNode(sample.Item1).Rules));
            var wanted = Renderer.Render(FirstNode(sample.Item2).Rules);
            nftables.Commit(TableDiff.Between(nftables.Read(Renderer.TableName), wanted));
            AssertHolds(nftables, wanted, "");
        });

    [TestMethod]
    public void The_same_rule_set_sends_nothing()
    {
        var rules = FirstNode(Generators.Clusters.Draw(1).Single()).Rules;
        Assert.IsTrue(Renderer.Render(NodeRuleSetDelta.Between(rules, rules)).IsEmpty);
        Assert.IsTrue(TableDiff.Between(Renderer.Render(rules), Renderer.Render(rules)).IsEmpty);
    }

    private static IEnumerable<FlowLogging> AnyLogging()
    {
        while (true)
        {
            foreach (var logging in Enum.GetValues<FlowLogging>())
                yield return logging;
        }
    }

    private static (string Node, NodeRuleSet Rules) FirstNode(ClusterSnapshot cluster)
    {
        var compiled = PolicyCompiler.Compile(cluster);
        var busiest = compiled.Count == 0 ? NodeRuleSet.CreateEmpty("nowhere") : compiled.OrderByDescending(r => r.PodIngress.Defaults.Count + r.PodEgress.Defaults.Count).First();
        return (busiest.Node, busiest);
    }

    /// <summary>A step in slices, and the rule set that applies after each slice.</summary>
    private static IEnumerable<(Transaction Slice, NodeRuleSet Rules)> Slices(Transaction step, NodeRuleSet rules)
    {
        const int Weight = 96;
        var slicer = new TransactionSlicer(step);
        while (slicer.NextOperation is not null)
            yield return (slicer.Next(Weight).Slice, rules);
    }

    private static FakeNftables Loaded(TableState table)
    {
        var nftables = new FakeNftables();
        nftables.Commit(TableDiff.Between(null, table));
        return nftables;
    }

    private static void AssertHolds(FakeNftables nftables, TableState wanted, string message)
    {
        var actual = nftables.Read(wanted.Name);
        wanted = CommitGuard.AtEpochOf(wanted, actual);
        Assert.AreEqual(NftText.Write(wanted), actual?.ToString(), message);
        Assert.AreEqual(wanted, actual, message);
        Assert.IsTrue(TableDiff.Between(actual, wanted).IsEmpty, message);
    }

    private sealed class OneByOne : ICommitPacer
    {
        public bool CanCommitWhole(Transaction step) => step.IsEmpty;

        public void CommitWhole(Transaction step, Action<Transaction> commit) => commit(step);

        public int CommitSlice(Transaction slice, int weight, Action<Transaction> commit)
        {
            Assert.HasCount(1, slice.Operations);
            commit(slice);
            return 1;
        }
    }
}
