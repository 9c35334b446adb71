using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Mutants.Tests;

/// <summary>Compiled into every mutant beside the sources that it changes: holds them against the oracle.</summary>
public static class Judges
{
    /// <summary>What the first sample shows that goes wrong; null when all samples agree.</summary>
    public static string? FirstObjection(int samples)
    {
        try
        {
            return Agreement.JudgedWorlds.Draw(samples).Select(s => Agreement.OfVerdicts(s, Compile)).FirstOrDefault(o => o is not null)
                ?? Agreement.Walks.Draw(samples / 10).Select(w => Agreement.OfDifferences(w.World, w.Steps, Compile)).FirstOrDefault(o => o is not null);
        }
        catch (Exception e)
        {
            return $"throws {e.GetType().Name}: {e.Message}";
        }
    }

    private static IEnumerable<NodeRuleSet> Compile(ClusterSnapshot cluster) => PolicyCompiler.Compile(cluster);
}
