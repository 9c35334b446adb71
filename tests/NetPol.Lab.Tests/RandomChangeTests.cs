using CsCheck;
using NetPol.Compiler;
using NetPol.Lab.Probes;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Rendering;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Lab.Tests;

/// <summary>Random sequences of changes, each applied as a delta while packets are in flight.</summary>
[TestClass]
public sealed class RandomChangeTests
{
    private const int Walks = 8;
    private const int MostSteps = 40;
    private const int Draws = 150;

    public TestContext TestContext { get; set; } = null!;

    private static Gen<(ClusterSample Start, Step[] Steps)> AnyWalk { get; } =
        from cluster in Generators.Clusters
        let buildable = GeneratedLabCluster.Buildable(cluster)
        from connections in Generators.Connections(buildable).Array[Draws]
        from steps in Generators.Steps.Array[MostSteps]
        select (new ClusterSample(buildable, GeneratedLabCluster.Speakable(buildable, connections)), steps);

    [TestMethod]
    public void Packets_get_the_old_or_the_new_verdict_and_the_kernel_ends_as_rendered()
    {
        LabFactory.RequireRoot();
        int steps = 0, changes = 0;
        AnyWalk.Sample(
            walk =>
            {
                var (cluster, connections) = walk.Start;
                using var lab = PolicyLab.Create(cluster, connections.SelectMany(c => new[] { c.Source, c.Destination }));
                var oracle = new PathOracle(cluster);
                var ruleSets = PolicyCompiler.Compile(cluster);
                lab.Load(ruleSets);
                foreach (var step in walk.Steps)
                {
                    var next = GeneratedLabCluster.Buildable(step.Apply(cluster));
                    if (!GeneratedLabCluster.IsStillBuilt(walk.Start.Cluster, next))
                        continue;
                    var after = PolicyCompiler.Compile(next);
                    var deltas = ruleSets.Zip(after).Select(pair => NodeRuleSetDelta.Between(pair.First, pair.Second)).Where(d => !d.IsEmpty).ToArray();
                    var mixedGeneration = MixedGeneration(step, lab, oracle, cluster, next, connections, () => Array.ForEach(deltas, lab.Apply));
                    Assert.IsEmpty(mixedGeneration, string.Join('\n', mixedGeneration));
                    foreach (var rules in after)
                        Assert.IsTrue(TableDiff.Between(lab.Read(rules.Node), Renderer.Render(rules)).IsEmpty, $"after {step} the table on {rules.Node} is not that of its rule set");
                    (cluster, ruleSets) = (next, after);
                    steps++;
                    changes += deltas.Length;
                }
            },
            iter: Walks,
            threads: 1);
        TestContext.WriteLine($"{steps} steps, {changes} changes of a node's table");
        Assert.IsGreaterThan(0, changes);
    }

    /// <summary>Returns the observations during a change that match neither the verdict before nor the verdict after it.</summary>
    private List<string> MixedGeneration(
        Step step, PolicyLab lab, PathOracle oracle, ClusterSnapshot before, ClusterSnapshot after, IReadOnlyList<Connection> connections, Action change)
    {
        var possible = connections.Select(c => oracle.Possible(before, after, c)).ToArray();
        // Retry silence only where a drop is impossible.
        var probing = lab.ProbeAsync(connections.Select((c, i) => (c, (bool?)!possible[i].Contains(Verdict.Deny))), TestContext.CancellationToken);
        change();
        var seen = probing.GetAwaiter().GetResult();
        return [.. seen.Zip(possible)
            .Where(s => s.First.Outcome != ProbeOutcome.NotSent && !(s.First.Allowed is { } allowed && s.Second.Contains(allowed ? Verdict.Allow : Verdict.Deny)))
            .Select(s => $"during {step}: {s.First} is none of {string.Join(", ", s.Second)}")];
    }
}
