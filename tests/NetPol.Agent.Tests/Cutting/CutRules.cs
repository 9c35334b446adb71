using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Agent.Tests.Cutting;

/// <summary>Rule sets of the lab's node, each for both families.</summary>
internal static class CutRules
{
    private static readonly PolicyId Policy = new(PolicyKind.ClusterNetworkPolicy, "", "no");
    private static readonly ClassId Denied = new(1);

    public static NodeRuleSet None { get; } = NodeRuleSet.EmptyFor("one");

    /// <summary>The peer's connections to the subject are denied, and nothing else.</summary>
    public static NodeRuleSet NotFrom(string peer, string subject) => With(Hook.Ingress, peer, subject);

    /// <summary>The subject's connections to the peer are denied, and nothing else.</summary>
    public static NodeRuleSet NotTo(string peer, string subject) => With(Hook.Egress, peer, subject);

    /// <summary>The subject's connections to its node are denied, and nothing else.</summary>
    public static NodeRuleSet NotToNode(string subject) => With(Hook.EgressToNode, CutLab.Node, subject);

    /// <summary>The pods of these addresses are known, and no other of theirs is.</summary>
    public static NodeRuleSet Known(params string[] pods) => None with
    {
        PodNetworks = [Cidr.Parse("10.1.0.0/24"), Cidr.Parse("fd10::/64")],
        KnownPods = pods.Concat(pods.Select(CutLab.V6)).Select(IpAddress.Parse).Order().ToValueArray(),
    };

    private static NodeRuleSet With(Hook hook, string peer, string subject)
    {
        var direction = hook == Hook.Ingress ? Direction.Ingress : Direction.Egress;
        var (allow, deny) = (Decision.ByDefault(direction), Decision.Restore(direction, Verdict.Deny, Tier.Admin, Policy, 0, null, []));
        var (open, closed) = (new PortProfile([], allow.Id), new PortProfile([], deny.Id));
        IpAddress[] subjects = [IpAddress.Parse(subject), IpAddress.Parse(CutLab.V6(subject))];
        IpAddress[] peers = [IpAddress.Parse(peer), IpAddress.Parse(CutLab.V6(peer))];
        var rules = new HookRules
        {
            Rest = subjects.Select(s => new SubjectProfile(s, open.Id)).ToValueArray(),
            Networks = peers.Select(p => new PeerNetwork(new(p, p), Denied)).ToValueArray(),
            Classes = [Denied],
            Cells = subjects.Select(s => new ClassCell(Denied, s, closed.Id)).ToValueArray(),
        };
        return None with
        {
            Decisions = new[] { allow, deny }.OrderBy(d => d.Id).ToValueArray(),
            Profiles = new[] { open, closed }.OrderBy(p => p.Id).ToValueArray(),
            Ingress = hook == Hook.Ingress ? rules : HookRules.Empty,
            Egress = hook == Hook.Egress ? rules : HookRules.Empty,
            EgressToNode = hook == Hook.EgressToNode ? rules : HookRules.Empty,
        };
    }
}
