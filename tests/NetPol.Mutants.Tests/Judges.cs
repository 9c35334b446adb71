using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Mutants.Tests;

/// <summary>Holds the compiler against the oracle. Compiled into every mutant, beside the sources that it changes.</summary>
public static class Judges
{
    /// <summary>What the first sample shows that goes wrong; null when all samples agree. Every sort of sample comes soon.</summary>
    public static string? FirstObjection(int samples)
    {
        try
        {
            return Objections(samples).FirstOrDefault(o => o is not null);
        }
        catch (Exception e)
        {
            return $"throws {e.GetType().Name}: {e.Message}";
        }
    }

    private static IEnumerable<string?> Objections(int samples)
    {
        using var walks = Agreement.Walks.Draw(samples).GetEnumerator();
        using var busyWalks = Agreement.BusyWalks.Draw(samples).GetEnumerator();
        using var longWalks = LongWalks.Draw(samples).GetEnumerator();
        using var wearingWalks = Agreement.WearingWalks.Draw(samples).GetEnumerator();
        var number = 0;
        foreach (var world in Agreement.JudgedWorlds.Draw(samples))
        {
            yield return Agreement.OfVerdicts(world, Compile);
            if (number % 4 == 0)
                yield return Agreement.OfEntries(world.Cluster, Compile);
            if (number % 10 == 0 && walks.MoveNext())
                yield return Agreement.OfDifferences(walks.Current.World, walks.Current.Steps, Compile);
            if (number % 8 == 0 && busyWalks.MoveNext())
                yield return OfChanges(busyWalks.Current);
            if (number % 500 == 50 && longWalks.MoveNext())
                yield return OfUnreadChanges(longWalks.Current.World, longWalks.Current.Steps);
            if (number % 2000 == 100 && wearingWalks.MoveNext())
                yield return OfUnreadChanges(wearingWalks.Current.World, wearingWalks.Current.Batches.SelectMany(b => b));
            number++;
        }
    }

    private static Gen<(ClusterSnapshot World, Step[] Steps)> LongWalks => Gen.Select(Generators.Worlds, Generators.PodSteps.Array[300]);

    private static string? OfChanges((ClusterSnapshot World, Step[][] Batches) walk)
    {
        var compiler = new IncrementalCompiler();
        return Agreement.OfChanges(walk.World, walk.Batches, Compile, c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
    }

    private static string? OfUnreadChanges(ClusterSnapshot world, IEnumerable<Step> steps)
    {
        var compiler = new IncrementalCompiler();
        return Agreement.OfUnreadChanges(world, steps, Compile, c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
    }

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);
}
