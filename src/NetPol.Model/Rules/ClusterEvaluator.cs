using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>
/// Judges connections across a cluster: each side by the rule set of the node that runs the pod with that address. When pods of
/// several nodes have one address for a moment, the first of them by id says which node that is. A finished pod counts while no live
/// pod has its address. An address of no such pod on a node has no side to judge.
/// </summary>
public sealed class ClusterEvaluator
{
    private readonly Dictionary<string, RuleSetEvaluator> _nodes;
    private readonly Dictionary<IpAddress, string> _nodeOf = [];

    /// <param name="ruleSets">The rule sets of the nodes, in any order, one a node; a node that is missing judges nothing.</param>
    /// <param name="snapshot">The state that they were compiled from.</param>
    public ClusterEvaluator(IEnumerable<NodeRuleSet> ruleSets, ClusterSnapshot snapshot)
    {
        _nodes = ruleSets.ToDictionary(r => r.Node, r => new RuleSetEvaluator(r), StringComparer.Ordinal);
        var live = snapshot.Pods.Where(p => p.IsSelectable).SelectMany(p => p.Addresses).ToHashSet();
        foreach (var pod in snapshot.Pods)
        {
            if (pod.HostNetwork || pod.Node is null)
                continue;
            foreach (var address in pod.Addresses)
            {
                if (!pod.Finished || !live.Contains(address))
                    _nodeOf.TryAdd(address, pod.Node);
            }
        }
    }

    /// <summary>The verdict of both sides; the default where no node judges, as for a connection that stays in its pod.</summary>
    public ConnectionVerdict Judge(Connection connection) => new(
        NodeOf(connection, connection.Source)?.Egress(connection) ?? Decision.ByDefault(Direction.Egress),
        NodeOf(connection, connection.Destination)?.Ingress(connection) ?? Decision.ByDefault(Direction.Ingress));

    /// <summary>The source's side where the node that runs the source takes the connection, whatever the destination is.</summary>
    public Decision JudgeToOwnNode(Connection connection) =>
        NodeOf(connection.Source)?.EgressToNode(connection) ?? Decision.ByDefault(Direction.Egress);

    private RuleSetEvaluator? NodeOf(Connection connection, IpAddress side) => connection.StaysInPod ? null : NodeOf(side);

    private RuleSetEvaluator? NodeOf(IpAddress address) =>
        _nodeOf.TryGetValue(address, out var node) ? _nodes.GetValueOrDefault(node) : null;
}
