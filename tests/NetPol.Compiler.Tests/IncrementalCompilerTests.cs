using System.Runtime.CompilerServices;
using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;

namespace NetPol.Compiler.Tests;

/// <summary>Applying changes gives the same rule sets as compiling the final state.</summary>
[TestClass]
public sealed class IncrementalCompilerTests
{
    [TestMethod]
    public void Rules_equal_a_full_compilation_after_every_batch() => CompilerAgreement.BusyWalks.ForAll(1000, Holds);

    [TestMethod]
    public void Rules_equal_a_full_compilation_after_compaction() => CompilerAgreement.CompactingWalks.ForAll(2, Holds);

    [TestMethod]
    public void Rules_equal_a_full_compilation_after_long_unread_walks() => Gen.Select(Generators.Clusters, Generators.PodSteps.Array[2500]).ForAll(4, walk =>
    {
        var compiler = new IncrementalCompiler();
        var fault = CompilerAgreement.CheckUnreadChanges(
            walk.Item1, walk.Item2, s => PolicyCompiler.Compile(s), c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    });

    [TestMethod]
    public void Unchanged_objects_change_nothing()
    {
        var compiler = new IncrementalCompiler();
        foreach (var cluster in Generators.Clusters.Draw(50))
        {
            var whole = ClusterDifference.Between(ClusterSnapshot.Empty, cluster);
            compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, cluster));
            Assert.IsEmpty(compiler.Apply(whole));
            compiler.Apply(ClusterDifference.Between(cluster, ClusterSnapshot.Empty));
        }
    }

    [TestMethod]
    public void Deleted_node_leaves_nothing_in_memory()
    {
        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, Generators.Clusters.Draw(1).Single()));
        var (name, rules) = ComeAndGo(compiler);
        GC.Collect();
        Assert.IsFalse(name.IsAlive);
        Assert.IsFalse(rules.IsAlive);
    }

    private static void Holds((ClusterSnapshot Cluster, Step[][] Batches) walk)
    {
        var compiler = new IncrementalCompiler();
        var fault = CompilerAgreement.CheckChanges(
            walk.Cluster, walk.Batches, s => PolicyCompiler.Compile(s), c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
        Assert.IsNull(fault, fault);
    }

    /// <summary>Adds a node with a pod that every peer may reach, then removes them.</summary>
    /// <returns>Weak references to the node's name and to its rules.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Name, WeakReference Rules) ComeAndGo(IncrementalCompiler compiler)
    {
        var name = string.Concat("no", "de");
        var node = new Node(name, Labels.None, [IpAddress.Parse("192.168.0.9")], [Cidr.Parse("10.9.0.0/24")]);
        var pod = new Pod(new("lone", "pod"), Labels.None, name, [IpAddress.Parse("10.9.0.1")], [], HostNetwork: false, Finished: false);
        var policy = Make.NetworkPolicy("lone/open", ingress: [Make.Allow(Make.Anyone(), "80/TCP")]);
        compiler.Apply(new() { Nodes = [new(name, node)], Pods = [new(pod.Id, pod)], Policies = [new(policy.Id, policy)] });
        var rules = compiler.RulesOf(name);
        Assert.IsNotEmpty(rules.RuleSet.PodIngress.Defaults);
        compiler.Apply(new() { Nodes = [new(name, null)] });
        compiler.Apply(new() { Policies = [new(policy.Id, null)] });
        compiler.Apply(new() { Pods = [new(pod.Id, null)] });
        return (new(name), new(rules));
    }
}
