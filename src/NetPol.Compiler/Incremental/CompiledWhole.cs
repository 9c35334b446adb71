using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Incremental;

/// <summary>The result of a full compilation.</summary>
/// <param name="Cluster">The compiled cluster, for further changes.</param>
/// <param name="Rules">The rule sets by node name.</param>
internal sealed record CompiledWhole(CompiledCluster Cluster, IReadOnlyDictionary<string, NodeRuleSet> Rules)
{
    /// <summary>Compiles the snapshot. Returns null if that fails.</summary>
    public static CompiledWhole? Try(ClusterSnapshot snapshot, Action<Policy>? inspect, NamespaceBudget? budget, out Exception? error)
    {
        try
        {
            error = null;
            var cluster = new CompiledCluster(inspect, budget);
            var rules = cluster.Apply(ClusterChanges.ToGetTo(snapshot)).ToDictionary(d => d.Node, d => d.Apply(NodeRuleSet.EmptyFor(d.Node)), StringComparer.Ordinal);
            return new(cluster, rules);
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            error = failure;
            return null;
        }
    }

    /// <summary>Whether a policy may have caused the exception. Running out of memory says nothing about policies.</summary>
    public static bool IsFailure(Exception error) => error is not OutOfMemoryException;
}
