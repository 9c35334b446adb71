using System.Runtime.CompilerServices;
using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>Taking changes in comes to what compiling the state reached comes to.</summary>
[TestClass]
public sealed class IncrementalCompilerTests
{
    [TestMethod]
    public void After_every_batch_the_rules_are_those_of_a_fresh_start() => Agreement.BusyWalks.Holds(1000, Holds);

    [TestMethod]
    public void So_they_are_when_so_much_has_gone_that_it_is_forgotten() => Agreement.WearingWalks.Holds(2, Holds);

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
    public void Nothing_is_remembered_of_a_node_that_is_gone()
    {
        var compiler = new IncrementalCompiler();
        compiler.Apply(Changes.Between(ClusterSnapshot.Empty, Generators.Worlds.Draw(1).Single()));
        var (name, rules) = ComeAndGo(compiler);
        GC.Collect();
        Assert.IsFalse(name.IsAlive);
        Assert.IsFalse(rules.IsAlive);
    }

    private static void Holds((ClusterSnapshot World, Step[][] Batches) walk)
    {
        var compiler = new IncrementalCompiler();
        var fault = Agreement.OfChanges(
            walk.World, walk.Batches, s => PolicyCompiler.Compile(s), c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    }

    /// <summary>A node comes with a pod that everyone may reach, and goes after it.</summary>
    /// <returns>Its name and the rules that it had.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Name, WeakReference Rules) ComeAndGo(IncrementalCompiler compiler)
    {
        var name = string.Concat("no", "de");
        var node = new Node(name, Labels.None, [IpAddress.Parse("192.168.0.9")], [Cidr.Parse("10.9.0.0/24")]);
        var pod = new Pod(new("lone", "pod"), Labels.None, name, [IpAddress.Parse("10.9.0.1")], [], HostNetwork: false, Finished: false);
        var policy = Make.NetworkPolicy("lone/open", ingress: [Make.Allow(Make.Anyone(), "80/TCP")]);
        compiler.Apply(new() { Nodes = [new(name, node)], Pods = [new(pod.Id, pod)], Policies = [new(policy.Id, policy)] });
        var rules = compiler.RulesOf(name);
        Assert.IsNotEmpty(rules.RuleSet.Ingress.Rest);
        compiler.Apply(new() { Nodes = [new(name, null)] });
        compiler.Apply(new() { Policies = [new(policy.Id, null)] });
        compiler.Apply(new() { Pods = [new(pod.Id, null)] });
        return (new(name), new(rules));
    }
}
