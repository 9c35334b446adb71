using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Mutants.Tests;

/// <summary>Compares the compiler with the oracle. Compiled into every mutant, together with the mutated sources.</summary>
public static class MutantChecks
{
    /// <summary>Returns the first failure, or null if all samples agree. Alternates between the kinds of samples, so that each occurs early.</summary>
    public static string? FirstDifference(int samples)
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
        using var walks = CompilerAgreement.Walks.Draw(samples).GetEnumerator();
        using var busyWalks = CompilerAgreement.BusyWalks.Draw(samples).GetEnumerator();
        using var longWalks = LongWalks.Draw(samples).GetEnumerator();
        using var compactingWalks = CompilerAgreement.CompactingWalks.Draw(samples).GetEnumerator();
        var number = 0;
        foreach (var cluster in CompilerAgreement.ClusterSamples.Draw(samples))
        {
            yield return CompilerAgreement.CheckVerdicts(cluster, Compile);
            if (number % 4 == 0)
                yield return CompilerAgreement.CheckEntries(cluster.Cluster, Compile);
            if (number % 10 == 0 && walks.MoveNext())
                yield return CompilerAgreement.CheckDifferences(walks.Current.Cluster, walks.Current.Steps, Compile);
            if (number % 8 == 0 && busyWalks.MoveNext())
                yield return OfChanges(busyWalks.Current);
            if (number % 500 == 50 && longWalks.MoveNext())
                yield return OfUnreadChanges(longWalks.Current.Cluster, longWalks.Current.Steps);
            if (number % 2000 == 100 && compactingWalks.MoveNext())
                yield return OfUnreadChanges(compactingWalks.Current.Cluster, compactingWalks.Current.Batches.SelectMany(b => b));
            number++;
        }
    }

    private static Gen<(ClusterSnapshot Cluster, Step[] Steps)> LongWalks => Gen.Select(Generators.Clusters, Generators.PodSteps.Array[300]);

    private static string? OfChanges((ClusterSnapshot Cluster, Step[][] Batches) walk)
    {
        var compiler = new IncrementalCompiler();
        return CompilerAgreement.CheckChanges(walk.Cluster, walk.Batches, Compile, c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
    }

    private static string? OfUnreadChanges(ClusterSnapshot cluster, IEnumerable<Step> steps)
    {
        var compiler = new IncrementalCompiler();
        return CompilerAgreement.CheckUnreadChanges(cluster, steps, Compile, c => compiler.Apply(c), node => compiler.RulesOf(node).RuleSet);
    }

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);
}
