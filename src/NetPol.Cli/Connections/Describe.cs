using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Connections;

/// <summary>Names the parts of an explanation.</summary>
internal static class Describe
{
    /// <summary>Returns the name in camel case: <c>NoMatch</c> becomes <c>noMatch</c>.</summary>
    public static string CamelCase(string name) => $"{char.ToLowerInvariant(name[0])}{name[1..]}";

    /// <summary>Returns <c>allow</c> or <c>deny</c>, as in policies and documents.</summary>
    public static string Action(Verdict verdict) => verdict == NetPol.Model.RuleSets.Verdict.Allow ? "allow" : "deny";

    public static string Verdict(Verdict verdict) => verdict == NetPol.Model.RuleSets.Verdict.Allow ? "allowed" : "denied";

    /// <summary>Returns the rule's policy, index and name.</summary>
    public static string Rule(RuleStep step) => $"{step.Policy} rule {step.RuleIndex}{(step.RuleName is null ? "" : $" \"{step.RuleName}\"")}";

    /// <summary>Returns why no policy tier applies to a side; null when the tiers apply.</summary>
    public static string? WhyNotEvaluated(PolicyScope evaluation, Pod? subject) => evaluation switch
    {
        PolicyScope.NoPod when subject is { HostNetwork: true } =>
            "the pod is on the host's network (hostNetwork): no policy selects it, so no policy applies to this side",
        PolicyScope.NoPod => "no pod that policies select has this address, so no policy applies to this side",
        PolicyScope.NoNode => "no node runs the pod, so no policy applies to this side",
        PolicyScope.OwnAddress => "a packet to the pod's own address does not leave the pod: no policy applies to it",
        PolicyScope.FromOwnNode => "traffic from a node to its own pods is always allowed",
        _ => null,
    };

    /// <summary>Returns why no selector matches a pod as a peer, and what matches it instead. Null for a selectable pod, and when there is no pod.</summary>
    public static string? WhyNoPeerSelector(Pod? peer) => peer switch
    {
        { HostNetwork: true } =>
            $"no selector matches {peer.Id}: it is on the host's network (hostNetwork). Name its node's address with ipBlock; an egress rule of a ClusterNetworkPolicy can name the node with nodes",
        { Finished: true } => $"no selector matches {peer.Id}: the pod has finished",
        _ => null,
    };

    public static string Outcome(TierExplanation tier, PolicyScope evaluation) => tier.Outcome switch
    {
        TierOutcome.NoPolicies => "no policy of this tier selects the pod for this direction",
        TierOutcome.NoMatch => "no rule matches",
        TierOutcome.Passed => "a rule passes the connection to the next tier",
        TierOutcome.Decided => "a rule decides",
        TierOutcome.Isolated => $"isolated by {string.Join(", ", tier.Policies.Select(p => p.QualifiedName))}, and no rule allows it",
        TierOutcome.NotApplicable when evaluation == PolicyScope.SelfThroughService => "does not apply to a connection of a pod to itself through a Service: a pod cannot block itself",
        TierOutcome.NotApplicable => "does not apply to traffic between a pod and its own node",
        TierOutcome.NotReached => "not reached",
        _ => throw new ArgumentOutOfRangeException(nameof(tier)),
    };
}
