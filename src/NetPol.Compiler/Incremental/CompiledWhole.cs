using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Incremental;

/// <summary>A cluster compiled from nothing.</summary>
/// <param name="Cluster">It, to go on with.</param>
/// <param name="Rules">The rule sets by node name.</param>
internal sealed record CompiledWhole(CompiledCluster Cluster, IReadOnlyDictionary<string, NodeRuleSet> Rules)
{
    /// <summary>Null when it cannot be compiled.</summary>
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

    /// <summary>Whether something may be at fault that is compiled. Without memory nothing can be found out.</summary>
    public static bool IsFailure(Exception error) => error is not OutOfMemoryException;
}
