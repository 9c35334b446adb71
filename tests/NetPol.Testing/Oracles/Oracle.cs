using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Oracles;

/// <summary>
/// What the policies mean, judged on the policies themselves, one connection at a time, as slowly and plainly as it can be said. It
/// shares nothing with the compiler and its evaluator but the vocabulary: even selectors and networks are matched again here.
/// </summary>
public static class Oracle
{
    /// <summary>The verdict of both sides and who made it. A side that no node judges is allowed by default.</summary>
    public static ConnectionVerdict Evaluate(ClusterSnapshot cluster, Connection connection) =>
        new(EvaluateSide(cluster, connection, Direction.Egress), EvaluateSide(cluster, connection, Direction.Ingress));

    /// <summary>The source's side of a connection that the source's own node takes, whatever the destination's address is.</summary>
    public static Decision EvaluatePodToHost(ClusterSnapshot cluster, Connection connection) => EvaluateSide(cluster, connection, Direction.Egress, isToOwnNode: true);

    /// <summary>One side of a connection: the source's egress or the destination's ingress.</summary>
    public static Decision EvaluateSide(ClusterSnapshot cluster, Connection connection, Direction direction, bool isToOwnNode = false)
    {
        // What is audited is not there; and what would be were it enforced is told besides.
        var enforced = EvaluatePlainly(new(Without(cluster, p => p.IsAudited), connection, direction, isToOwnNode));
        var side = new OracleSide(cluster, connection, direction, isToOwnNode);
        var audit = EvaluatePlainly(side);
        return enforced.WithAudit(audit, side.Node is not null && IsAsked(side, enforced, audit));
    }

    /// <summary>The cluster without some of its policies.</summary>
    public static ClusterSnapshot Without(ClusterSnapshot cluster, Func<Policy, bool> policies) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Where(p => !policies(p)));

    /// <summary>Whether a flow record is asked for: by a namespace of the subject, or by a policy that decides or would decide.</summary>
    private static bool IsAsked(OracleSide side, Decision enforced, Decision audit)
    {
        // No policy judges connections from the pod's own node or inside the pod, so no policy logs them.
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

    /// <summary>As if every policy were enforced.</summary>
    private static Decision EvaluatePlainly(OracleSide side)
    {
        var direction = side.Direction;

        // A side is judged on the node that runs the pod. No pod, or no node: nobody judges.
        if (side.Node is null)
            return Decision.ByDefault(direction);

        // What a pod sends to its own address stays in the pod. What comes back to it through a Service has left it.
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

    /// <summary>Admin or Baseline: policies by priority, rules as written, the first that matches. Null: on to the next tier.</summary>
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

    /// <summary>Isolation: who is selected for this direction gets what some rule allows, and nothing else. Null: not isolated.</summary>
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
    /// ClusterNetworkPolicies go before the BaselineAdminNetworkPolicy (which never meets an AdminNetworkPolicy); then the lower priority;
    /// a tie goes to the AdminNetworkPolicy, then to the lower name.
    /// </summary>
    private static IEnumerable<Policy> InOrder(IEnumerable<Policy> policies) => policies
        .OrderBy(p => p.Id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? 1 : 0)
        .ThenBy(p => p.Priority)
        .ThenBy(p => p.Id.Kind == PolicyKind.AdminNetworkPolicy ? 0 : 1)
        .ThenBy(p => p.Id.Name, StringComparer.Ordinal);
}
