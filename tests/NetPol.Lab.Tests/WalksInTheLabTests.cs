using CsCheck;
using NetPol.Compiler;
using NetPol.Lab.Probing;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Rendering;
using NetPol.Testing;

namespace NetPol.Lab.Tests;

/// <summary>Random walks of changes, each applied by difference while packets are on their way.</summary>
[TestClass]
public sealed class WalksInTheLabTests
{
    private const int Walks = 8;
    private const int MostSteps = 40;
    private const int Draws = 150;

    public TestContext TestContext { get; set; } = null!;

    private static Gen<(JudgedWorld Start, Step[] Steps)> AnyWalk { get; } =
        from world in Generators.Worlds
        let buildable = GeneratedLab.Buildable(world)
        from connections in Generators.Connections(buildable).Array[Draws]
        from steps in Generators.Steps.Array[MostSteps]
        select (new JudgedWorld(buildable, GeneratedLab.Speakable(buildable, connections)), steps);

    [TestMethod]
    public void At_every_step_packets_see_the_rules_before_or_after_and_the_kernel_ends_as_if_loaded_afresh()
    {
        Labs.RequireRoot();
        int steps = 0, changes = 0;
        AnyWalk.Sample(
            walk =>
            {
                var (world, connections) = walk.Start;
                using var lab = PolicyLab.Create(world, connections.SelectMany(c => new[] { c.Source, c.Destination }));
                var oracle = new PathOracle(world);
                var ruleSets = PolicyCompiler.Compile(world);
                lab.Load(ruleSets);
                foreach (var step in walk.Steps)
                {
                    var next = GeneratedLab.Buildable(step.Apply(world));
                    if (!GeneratedLab.IsStillBuilt(walk.Start.Cluster, next))
                        continue;
                    var after = PolicyCompiler.Compile(next);
                    var deltas = ruleSets.Zip(after).Select(pair => NodeRuleSetDelta.Between(pair.First, pair.Second)).Where(d => !d.IsEmpty).ToArray();
                    var torn = Torn(step, lab, oracle, world, next, connections, () => Array.ForEach(deltas, lab.Apply));
                    Assert.IsEmpty(torn, string.Join('\n', torn));
                    foreach (var rules in after)
                        Assert.IsTrue(TableDiff.Between(lab.Read(rules.Node), Renderer.Render(rules)).IsEmpty, $"after {step} the table on {rules.Node} is not that of its rule set");
                    (world, ruleSets) = (next, after);
                    steps++;
                    changes += deltas.Length;
                }
            },
            iter: Walks,
            threads: 1);
        TestContext.WriteLine($"{steps} steps, {changes} changes of a node's table");
        Assert.IsGreaterThan(0, changes);
    }

    /// <summary>What was seen during a change and is neither as before it nor as after it.</summary>
    private List<string> Torn(
        Step step, PolicyLab lab, PathOracle oracle, ClusterSnapshot before, ClusterSnapshot after, IReadOnlyList<Connection> connections, Action change)
    {
        var possible = connections.Select(c => oracle.Possible(before, after, c)).ToArray();
        // Silence is asked about again only where it cannot be.
        var probing = lab.ProbeAsync(connections.Select((c, i) => (c, (bool?)!possible[i].Contains(Verdict.Deny))), TestContext.CancellationToken);
        change();
        var seen = probing.GetAwaiter().GetResult();
        return [.. seen.Zip(possible)
            .Where(s => s.First.Outcome != ProbeOutcome.NeverLeft && !(s.First.Allowed is { } allowed && s.Second.Contains(allowed ? Verdict.Allow : Verdict.Deny)))
            .Select(s => $"during {step}: {s.First} is none of {string.Join(", ", s.Second)}")];
    }
}
