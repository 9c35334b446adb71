using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>What must hold of every compiler of policies. Each check gives null when it holds, else what does not.</summary>
public static class Agreement
{
    public static Gen<JudgedWorld> JudgedWorlds { get; } = Generators.Worlds
        .SelectMany(world => Generators.Connections(world).Array[48].Select(connections => new JudgedWorld(world, connections)));

    public static Gen<(ClusterSnapshot World, Step[] Steps)> Walks { get; } = Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 6]);

    /// <summary>Rule sets judge as the oracle does, and name the same decider.</summary>
    public static string? OfVerdicts(JudgedWorld sample, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var evaluator = new ClusterEvaluator(compile(sample.Cluster), sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict meant = Oracle.Judge(sample.Cluster, connection), actual = evaluator.Judge(connection);
            if (meant != actual)
                return $"{connection}: meant {Told(meant)}; compiled to {Told(actual)}";
        }
        return null;
    }

    /// <summary>Rule sets changed step by step by their differences are those of a fresh start; a difference is empty where nothing changes.</summary>
    public static string? OfDifferences(ClusterSnapshot world, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var held = ByNode(compile(world));
        foreach (var step in steps)
        {
            world = step.Apply(world);
            foreach (var after in compile(world))
            {
                var before = held.GetValueOrDefault(after.Node) ?? NodeRuleSet.EmptyFor(after.Node);
                var delta = NodeRuleSetDelta.Between(before, after);
                if (delta.IsEmpty != (before == after))
                    return $"{step}: the difference of {after.Node} is {(delta.IsEmpty ? "" : "not ")}empty";
                held[after.Node] = delta.Apply(before);
                if (held[after.Node] != after)
                    return $"{step}: {after.Node} is not what a fresh start gives";
            }
        }
        return null;
    }

    private static Dictionary<string, NodeRuleSet> ByNode(IEnumerable<NodeRuleSet> rules) => rules.ToDictionary(r => r.Node, StringComparer.Ordinal);

    private static string Told(ConnectionVerdict verdict) => $"egress {verdict.Egress}, ingress {verdict.Ingress}";
}
