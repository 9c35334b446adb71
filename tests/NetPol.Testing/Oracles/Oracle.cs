using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Oracles;

/// <summary>
/// Evaluates the policies themselves, one connection at a time, as simply as possible and without regard to speed. It shares only the model's types with
/// the compiler and its evaluator: it even has its own matching of selectors and networks.
/// </summary>
public static class Oracle
{
    /// <summary>Returns the decisions of both sides. A side that no node evaluates is allowed by default.</summary>
    public static ConnectionVerdict Evaluate(ClusterSnapshot cluster, Connection connection) =>
        new(EvaluateSide(cluster, connection, Direction.Egress), EvaluateSide(cluster, connection, Direction.Ingress));

    /// <summary>Evaluates the source's side of a connection that the source's own node accepts, whatever the destination's address is.</summary>
    public static Decision EvaluatePodToHost(ClusterSnapshot cluster, Connection connection) => EvaluateSide(cluster, connection, Direction.Egress, isToOwnNode: true);

    /// <summary>Evaluates one side of a connection: the source's egress or the destination's ingress.</summary>
    public static Decision EvaluateSide(ClusterSnapshot cluster, Connection connection, Direction direction, bool isToOwnNode = false)
    {
        // Audited policies have no effect. The decision that they would make if they were enforced is added as its audit.
        var enforced = EvaluatePlainly(new(Without(cluster, p => p.IsAudited), connection, direction, isToOwnNode));
        var side = new OracleSide(cluster, connection, direction, isToOwnNode);
        var audit = EvaluatePlainly(side);
        return enforced.WithAudit(audit, side.Node is not null && IsAsked(side, enforced, audit));
    }

    /// <summary>Returns the cluster without some of its policies.</summary>
    public static ClusterSnapshot Without(ClusterSnapshot cluster, Func<Policy, bool> policies) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Where(p => !policies(p)));

    /// <summary>Whether a flow record is requested: by a namespace of the subject, or by a policy that decides or would decide.</summary>
    private static bool IsAsked(OracleSide side, Decision enforced, Decision audit)
    {
        // No policy applies to connections from the pod's own node or inside the pod, so no policy logs them.
        if ((side.Direction == Direction.Ingress && side.PeerIsOwnNode) || side.StaysInPod)
            return false;
        foreach (var decision in new[] { enforced, audit })
        {
            var namespaces = side.SubjectPods.Select(pod => side.Cluster.Namespaces.FirstOrDefault(n => n.Name == pod.Id.Namespace)?.Logging ?? FlowLogging.None);
            var deciders = side.Cluster.Policies.Where(p => p.Id == decision.Policy || decision.IsolatedBy.Contains(p.Id)).Select(p => p.Logging);
            if (namespaces.Concat(deciders).Any(asks => asks == FlowLogging.All || (asks == FlowLogging.Denied && decision.Verdict == Verdict.Deny)))
                return true;
        }
        return false;
    }

    /// <summary>Evaluates a side as if every policy were enforced.</summary>
    private static Decision EvaluatePlainly(OracleSide side)
    {
        var direction = side.Direction;

        // The node that runs the pod evaluates the side. Without a pod or a node, no policy applies.
        if (side.Node is null)
            return Decision.ByDefault(direction);

        // A packet to the pod's own address stays in the pod. A packet that returns through a Service has left the pod.
        if (side.StaysInPod)
            return Decision.ByDefault(direction);

        // A node always reaches its own pods.
        if (direction == Direction.Ingress && side.PeerIsOwnNode)
            return Decision.ByDefault(direction);

        return EvaluateOrderedTier(side, Tier.Admin)
            ?? EvaluateNetworkPolicies(side)
            ?? EvaluateOrderedTier(side, Tier.Baseline)
            ?? Decision.ByDefault(direction);
    }

    /// <summary>Evaluates Admin or Baseline: the first matching rule, by priority and in written order. Null if the next tier decides.</summary>
    private static Decision? EvaluateOrderedTier(OracleSide side, Tier tier)
    {
        foreach (var policy in InOrder(side.Cluster.Policies.Where(p => p.Tier == tier)))
        {
            // A BaselineAdminNetworkPolicy has an effect only under the name "default".
            if (policy.Id.Kind == PolicyKind.BaselineAdminNetworkPolicy && policy.Id.Name != "default")
                continue;
            if (!side.IsSubjectOf(policy))
                continue;
            foreach (var rule in policy.Rules(side.Direction) ?? [])
            {
                switch (side.EffectOf(policy, rule))
                {
                    case RuleAction.Allow:
                        return Decision.ByRule(side.Direction, Verdict.Allow, policy, rule);
                    case RuleAction.Deny:
                        return Decision.ByRule(side.Direction, Verdict.Deny, policy, rule);
                    case RuleAction.Pass:
                        return null;
                    default:
                        continue;
                }
            }
        }
        return null;
    }

    /// <summary>Evaluates the NetworkPolicy tier: an isolated pod has only the connections that some rule allows. Null if the pod is not isolated.</summary>
    private static Decision? EvaluateNetworkPolicies(OracleSide side)
    {
        // A pod cannot block itself, and the pod's own node is not subject to this tier.
        if (side.PeerIsSubject || side.PeerIsOwnNode)
            return null;

        var isolating = side.Cluster.Policies
            .Where(p => p.Tier == Tier.NetworkPolicy && p.Rules(side.Direction) is not null && side.IsSubjectOf(p))
            .OrderBy(p => p.Id.Namespace, StringComparer.Ordinal)
            .ThenBy(p => p.Id.Name, StringComparer.Ordinal)
            .ToList();
        if (isolating.Count == 0)
            return null;

        foreach (var policy in isolating)
        {
            foreach (var rule in policy.Rules(side.Direction)!.Value)
            {
                if (side.EffectOf(policy, rule) == RuleAction.Allow)
                    return Decision.ByRule(side.Direction, Verdict.Allow, policy, rule);
            }
        }
        return Decision.ByIsolation(side.Direction, isolating.Select(p => p.Id));
    }

    /// <summary>
    /// Compares by evaluation order: ClusterNetworkPolicies precede the BaselineAdminNetworkPolicy (which never shares a tier with an AdminNetworkPolicy).
    /// Then the lower priority precedes; for equal priorities the AdminNetworkPolicy, then the lower name.
    /// </summary>
    private static IEnumerable<Policy> InOrder(IEnumerable<Policy> policies) => policies
        .OrderBy(p => p.Id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? 1 : 0)
        .ThenBy(p => p.Priority)
        .ThenBy(p => p.Id.Kind == PolicyKind.AdminNetworkPolicy ? 0 : 1)
        .ThenBy(p => p.Id.Name, StringComparer.Ordinal);
}
