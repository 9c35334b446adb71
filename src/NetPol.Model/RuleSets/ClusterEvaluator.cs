using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Model.RuleSets;

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
    public ConnectionVerdict Evaluate(Connection connection) => new(
        FindNode(connection, connection.Source)?.EvaluatePodEgress(connection) ?? Decision.ByDefault(Direction.Egress),
        FindNode(connection, connection.Destination)?.EvaluatePodIngress(connection) ?? Decision.ByDefault(Direction.Ingress));

    /// <summary>Evaluates the source's side when its own node accepts the connection, whatever the destination address is.</summary>
    public Decision EvaluatePodToHost(Connection connection) =>
        FindNode(connection.Source)?.EvaluatePodToHost(connection) ?? Decision.ByDefault(Direction.Egress);

    private RuleSetEvaluator? FindNode(Connection connection, IpAddress side) => connection.StaysInPod ? null : FindNode(side);

    private RuleSetEvaluator? FindNode(IpAddress address) =>
        _nodeOf.TryGetValue(address, out var node) ? _nodes.GetValueOrDefault(node) : null;
}

/// <summary>A new connection, after DNAT and before SNAT. <paramref name="Port"/> is the destination port, 0 for a protocol without ports.</summary>
public readonly record struct Connection(IpAddress Source, IpAddress Destination, Protocol Protocol, ushort Port)
{
    /// <summary>Whether the client connected to a Service address that the node translated. This matters only for a pod that reaches itself through a Service.</summary>
    public bool IsThroughService { get; init; }

    /// <summary>Whether a pod connects to its own address. Such a packet does not leave the pod, so no policy applies.</summary>
    public bool StaysInPod => Source == Destination && !IsThroughService;

    public override string ToString() => Protocol.HasPorts()
        ? $"{Source} -> {Destination} {Port}/{Protocol.Name()}"
        : $"{Source} -> {Destination} {Protocol.Name()}";
}

/// <summary>The decisions of both sides of a connection. A side without a subject is allowed by default.</summary>
public sealed record ConnectionVerdict(Decision Egress, Decision Ingress)
{
    /// <summary>Allow when both sides allow.</summary>
    public Verdict Verdict => Egress.Verdict == Verdict.Allow && Ingress.Verdict == Verdict.Allow ? Verdict.Allow : Verdict.Deny;
}
