using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>The reasons why a connection is allowed or denied, one explanation for each side.</summary>
public sealed record Explanation(Connection Connection, SideExplanation Egress, SideExplanation Ingress)
{
    public ConnectionVerdict Verdict => new(Egress.Decision, Ingress.Decision);
}

/// <summary>The reasons for the decision of one side.</summary>
/// <param name="Direction">Egress for the source's side, Ingress for the destination's side.</param>
/// <param name="Subject">The address whose policies are evaluated.</param>
/// <param name="SubjectPods">The pods that are subjects at the address, by id. Empty for an address without a pod.</param>
/// <param name="Peer">The other address.</param>
/// <param name="PeerPods">The selectable pods that have the peer's address, by id.</param>
/// <param name="Node">The node that evaluates the side. Null if none does.</param>
/// <param name="PolicyScope">Whether policies apply to the side, and if not, why.</param>
/// <param name="Tiers">Admin, NetworkPolicy, Baseline, in this order, without audited policies. Empty if no policies apply to the side.</param>
/// <param name="Decision">The resulting decision.</param>
public sealed record SideExplanation(
    Direction Direction,
    IpAddress Subject,
    ValueArray<PodId> SubjectPods,
    IpAddress Peer,
    ValueArray<PodId> PeerPods,
    string? Node,
    PolicyScope PolicyScope,
    ValueArray<TierExplanation> Tiers,
    Decision Decision)
{
    /// <summary>The explanation if audited policies were enforced. Null if they change nothing in it.</summary>
    public SideExplanation? Audit { get; init; }

    /// <summary>
    /// The changes that are all necessary for this side to allow. Empty if it allows. An Admin rule that allows, placed before the first change, makes the
    /// others unnecessary.
    /// </summary>
    public ValueArray<RemedyChange> Remedies { get; init; } = [];

    /// <summary>
    /// The overruled decisions with the opposite verdict, in order: later matching rules, and the isolation of the subject.
    /// </summary>
    public ValueArray<Decision> OverruledDecisions => Tiers.SelectMany(t => t.Overruled).Where(d => d.Verdict != Decision.Verdict).ToValueArray();
}

/// <summary>The result of one tier for one side of a connection.</summary>
/// <param name="Tier">Admin, NetworkPolicy or Baseline.</param>
/// <param name="Outcome">The outcome of the tier.</param>
/// <param name="Policies">The policies that select the subject and affect the direction, in order. In the NetworkPolicy tier they isolate the subject.</param>
/// <param name="Steps">Every rule of these policies in evaluation order, including those that did not match or were not reached.</param>
/// <param name="Overruled">The decisions that the tier's rules or its isolation would have made, if no earlier rule had decided or passed.</param>
public sealed record TierExplanation(
    Tier Tier, TierOutcome Outcome, ValueArray<PolicyId> Policies, ValueArray<RuleStep> Steps, ValueArray<Decision> Overruled);

public enum TierOutcome
{
    /// <summary>No policy of the tier applies to the subject in this direction.</summary>
    NoPolicies,

    /// <summary>No rule matches; the next tier decides.</summary>
    NoMatch,

    /// <summary>A Pass rule matches; the next tier decides.</summary>
    Passed,

    /// <summary>A rule decides.</summary>
    Decided,

    /// <summary>The subject is isolated and no rule allows: denied.</summary>
    Isolated,

    /// <summary>The tier does not apply: NetworkPolicy, for connections of a pod with itself or with its own node.</summary>
    NotApplicable,

    /// <summary>An earlier tier decided.</summary>
    NotReached,
}

/// <summary>The result of matching one rule with one side of a connection.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="RuleIndex">Its index in the policy's list for the direction, from 0.</param>
/// <param name="RuleName">Its name, if it has one.</param>
/// <param name="Action">Its action. Deny for a Pass rule that fails closed.</param>
/// <param name="Peer">Whether the peer matches.</param>
/// <param name="Port">Whether protocol and port match.</param>
/// <param name="Role">The effect of the rule on the outcome.</param>
public sealed record RuleStep(
    PolicyId Policy, int RuleIndex, string? RuleName, RuleAction Action, MatchReason Peer, MatchReason Port, StepRole Role)
{
    public bool Matches => Peer.Matches && Port.Matches;
}

public enum StepRole
{
    /// <summary>It does not match.</summary>
    NoMatch,

    /// <summary>It decides.</summary>
    Decides,

    /// <summary>It passes the connection on to the next tier.</summary>
    Passes,

    /// <summary>It matches, but an earlier rule decided or passed.</summary>
    Overruled,
}

/// <summary>Whether a peer or port matches, and why, as text for people.</summary>
public sealed record MatchReason(bool Matches, string Why);

/// <summary>The policies that apply to a side of a connection. A side without policies is allowed by default.</summary>
public enum PolicyScope
{
    /// <summary>Every tier applies.</summary>
    AllTiers,

    /// <summary>The pod connects to itself through a Service: Admin and Baseline apply.</summary>
    SelfThroughService,

    /// <summary>The pod connects to its own address: the packet does not leave the pod, so no policy applies.</summary>
    OwnAddress,

    /// <summary>The peer is the subject's own node: Admin and Baseline apply.</summary>
    ToOwnNode,

    /// <summary>The source is the subject's own node: traffic from a node to its own pods is always allowed.</summary>
    FromOwnNode,

    /// <summary>The address belongs to no pod, or only to pods on the host's network.</summary>
    NoPod,

    /// <summary>No node runs the pod.</summary>
    NoNode,
}
