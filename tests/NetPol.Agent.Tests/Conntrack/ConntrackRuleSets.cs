using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>Rule sets of the lab's node, each for both families.</summary>
internal static class ConntrackRuleSets
{
    private static readonly PolicyId Policy = new(PolicyKind.ClusterNetworkPolicy, "", "no");
    private static readonly PeerIdentity Denied = new(1);

    public static NodeRuleSet None { get; } = NodeRuleSet.CreateEmpty("one");

    /// <summary>The peer's connections to the subject are denied, and nothing else.</summary>
    public static NodeRuleSet NotFrom(string peer, string subject) => With(EnforcementPoint.PodIngress, peer, subject);

    /// <summary>The subject's connections to the peer are denied, and nothing else.</summary>
    public static NodeRuleSet NotTo(string peer, string subject) => With(EnforcementPoint.PodEgress, peer, subject);

    /// <summary>The subject's connections to its node are denied, and nothing else.</summary>
    public static NodeRuleSet NotToNode(string subject) => With(EnforcementPoint.PodToHost, ConntrackLab.Node, subject);

    /// <summary>The pods of these addresses are known, and no other of theirs is.</summary>
    public static NodeRuleSet Ready(params string[] pods) => None with
    {
        PodCidrs = [Cidr.Parse("10.1.0.0/24"), Cidr.Parse("fd10::/64")],
        ReadyPods = pods.Concat(pods.Select(ConntrackLab.V6)).Select(IpAddress.Parse).Order().ToValueArray(),
    };

    private static NodeRuleSet With(EnforcementPoint point, string peer, string subject)
    {
        var direction = point == EnforcementPoint.PodIngress ? Direction.Ingress : Direction.Egress;
        var (allow, deny) = (Decision.ByDefault(direction), Decision.Restore(direction, Verdict.Deny, Tier.Admin, Policy, 0, null, []));
        var (open, closed) = (new PortPolicy([], allow.Id), new PortPolicy([], deny.Id));
        IpAddress[] subjects = [IpAddress.Parse(subject), IpAddress.Parse(ConntrackLab.V6(subject))];
        IpAddress[] peers = [IpAddress.Parse(peer), IpAddress.Parse(ConntrackLab.V6(peer))];
        var rules = new EnforcementRules
        {
            Defaults = subjects.Select(s => new SubjectPortPolicy(s, open.Id)).ToValueArray(),
            Networks = peers.Select(p => new PeerNetwork(new(p, p), Denied)).ToValueArray(),
            Identities = [Denied],
            PolicyEntries = subjects.Select(s => new PolicyEntry(Denied, s, closed.Id)).ToValueArray(),
        };
        return None with
        {
            Decisions = new[] { allow, deny }.OrderBy(d => d.Id).ToValueArray(),
            PortPolicies = new[] { open, closed }.OrderBy(p => p.Id).ToValueArray(),
            PodIngress = point == EnforcementPoint.PodIngress ? rules : EnforcementRules.Empty,
            PodEgress = point == EnforcementPoint.PodEgress ? rules : EnforcementRules.Empty,
            PodToHost = point == EnforcementPoint.PodToHost ? rules : EnforcementRules.Empty,
        };
    }
}
