using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>Taking changes in comes to what compiling the state reached comes to.</summary>
[TestClass]
public sealed class IncrementalCompilerTests
{
    [TestMethod]
    public void After_every_batch_the_rules_are_those_of_a_fresh_start() => Agreement.BusyWalks.Holds(1500, walk =>
    {
        var compiler = new IncrementalCompiler();
        var fault = Agreement.OfChanges(
            walk.World, walk.Batches, s => PolicyCompiler.Compile(s), c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Rules_that_nobody_read_for_long_are_those_of_a_fresh_start() => Gen.Select(Generators.Worlds, Generators.PodSteps.Array[2500]).Holds(4, walk =>
    {
        var compiler = new IncrementalCompiler();
        var fault = Agreement.OfUnreadChanges(
            walk.Item1, walk.Item2, s => PolicyCompiler.Compile(s), c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Objects_as_they_were_change_nothing()
    {
        var compiler = new IncrementalCompiler();
        foreach (var world in Generators.Worlds.Draw(50))
        {
            var whole = Changes.Between(ClusterSnapshot.Empty, world);
            compiler.Apply(Changes.Between(ClusterSnapshot.Empty, world));
            Assert.IsEmpty(compiler.Apply(whole));
            compiler.Apply(Changes.Between(world, ClusterSnapshot.Empty));
        }
    }

    [TestMethod]
    public void A_changed_pod_elsewhere_is_told_as_what_it_changes()
    {
        var walks = Agreement.BusyWalks.Draw(200).ToList();
        foreach (var (world, batches) in walks)
        {
            var before = PolicyCompiler.Compile(world).ToDictionary(r => r.Node, StringComparer.Ordinal);
            var compiler = new IncrementalCompiler();
            compiler.Apply(Changes.Between(ClusterSnapshot.Empty, world));
            var after = batches[0].Aggregate(world, (w, step) => step.Apply(w));
            foreach (var delta in compiler.Apply(Changes.Between(world, after)))
                Assert.AreEqual(NodeRuleSetDelta.Between(before.GetValueOrDefault(delta.Node) ?? NodeRuleSet.EmptyFor(delta.Node), compiler.RulesOf(delta.Node).RuleSet), delta);
        }
    }
}
