using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>
/// Evaluates connections across a cluster. The node that runs the pod with the address evaluates that side. While pods on several nodes share an
/// address, the first pod by id determines the node. A finished pod counts while no live pod has its address. A side whose address belongs to no such
/// pod is allowed by default.
/// </summary>
public sealed class ClusterEvaluator
{
    private readonly Dictionary<string, RuleSetEvaluator> _nodes;
    private readonly Dictionary<IpAddress, string> _nodeOf = [];

    /// <param name="ruleSets">One rule set per node, in any order. A missing node allows everything by default.</param>
    /// <param name="snapshot">The cluster that the rule sets were compiled from.</param>
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

    /// <summary>Evaluates both sides. A side is allowed by default where no node evaluates it, such as for a connection that stays in its pod.</summary>
    public ConnectionVerdict Judge(Connection connection) => new(
        NodeOf(connection, connection.Source)?.Egress(connection) ?? Decision.ByDefault(Direction.Egress),
        NodeOf(connection, connection.Destination)?.Ingress(connection) ?? Decision.ByDefault(Direction.Ingress));

    /// <summary>Evaluates the source's side when its own node accepts the connection, whatever the destination address is.</summary>
    public Decision JudgeToOwnNode(Connection connection) =>
        NodeOf(connection.Source)?.EgressToNode(connection) ?? Decision.ByDefault(Direction.Egress);

    private RuleSetEvaluator? NodeOf(Connection connection, IpAddress side) => connection.StaysInPod ? null : NodeOf(side);

    private RuleSetEvaluator? NodeOf(IpAddress address) =>
        _nodeOf.TryGetValue(address, out var node) ? _nodes.GetValueOrDefault(node) : null;
}
