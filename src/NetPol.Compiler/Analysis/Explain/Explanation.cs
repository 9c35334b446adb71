using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Why a connection is allowed or denied, side by side.</summary>
public sealed record Explanation(Connection Connection, SideExplanation Egress, SideExplanation Ingress)
{
    public ConnectionVerdict Verdict => new(Egress.Decision, Ingress.Decision);
}

/// <summary>Why one side decides as it does.</summary>
/// <param name="Direction">Egress: the source's side. Ingress: the destination's.</param>
/// <param name="Subject">The address that is judged.</param>
/// <param name="SubjectPods">The selectable pods that have it, by id; empty for an address that is no pod.</param>
/// <param name="Peer">The other address.</param>
/// <param name="PeerPods">The selectable pods that have that one.</param>
/// <param name="Node">The node that judges; null when none does.</param>
/// <param name="PolicyScope">Whether the side is judged, and if not, why.</param>
/// <param name="Tiers">Admin, NetworkPolicy, Baseline, in this order, without audited policies; empty for a side that is not judged.</param>
/// <param name="Decision">What comes of it.</param>
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
    /// <summary>The same were the audited policies enforced; null where none has anything to say.</summary>
    public SideExplanation? Audit { get; init; }

    /// <summary>
    /// What must change, all of it together, for this side to allow; empty where it allows. An Admin rule that allows and stands before the
    /// first change makes the others needless.
    /// </summary>
    public ValueArray<RemedyChange> Remedies { get; init; } = [];

    /// <summary>
    /// What would have decided with the opposite verdict had nothing gone before it, in order: later rules that match, and the
    /// isolation of the subject.
    /// </summary>
    public ValueArray<Decision> OverruledDecisions => Tiers.SelectMany(t => t.Overruled).Where(d => d.Verdict != Decision.Verdict).ToValueArray();
}

/// <summary>What one tier says about one side of a connection.</summary>
/// <param name="Tier">Admin, NetworkPolicy or Baseline.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Policies">The policies that select the subject and speak about the direction, in order; in NetworkPolicy they isolate it.</param>
/// <param name="Steps">Every rule of those policies, in the order of evaluation, also those that did not match or were not reached.</param>
/// <param name="Overruled">What the tier's rules, or its isolation, would have decided and did not because something went before.</param>
public sealed record TierExplanation(
    Tier Tier, TierOutcome Outcome, ValueArray<PolicyId> Policies, ValueArray<RuleStep> Steps, ValueArray<Decision> Overruled);

public enum TierOutcome
{
    /// <summary>No policy of the tier speaks about the subject in this direction.</summary>
    NoPolicies,

    /// <summary>No rule matches; the next tier decides.</summary>
    NoMatch,

    /// <summary>A rule says Pass; the next tier decides.</summary>
    Passed,

    /// <summary>A rule decides.</summary>
    Decided,

    /// <summary>The subject is isolated and no rule allows: denied.</summary>
    Isolated,

    /// <summary>The tier does not judge such connections: NetworkPolicy, of a pod with itself or its own node.</summary>
    NotApplicable,

    /// <summary>An earlier tier decided.</summary>
    NotReached,
}

/// <summary>One rule, held against one side of a connection.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="RuleIndex">Its place in the policy's list for the direction, from 0.</param>
/// <param name="RuleName">Its name, if it has one.</param>
/// <param name="Action">What it does to what it matches; Deny for a Pass that fails closed.</param>
/// <param name="Peer">Whether the peer matches.</param>
/// <param name="Port">Whether protocol and port match.</param>
/// <param name="Role">What the rule means for the outcome.</param>
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

    /// <summary>It matches, but something before it decided or passed.</summary>
    Overruled,
}

/// <summary>Whether something matches, and for people: what does, or what it was compared with.</summary>
public sealed record MatchReason(bool Matches, string Why);

/// <summary>Whether a side of a connection is judged. One that is not is allowed by default.</summary>
public enum PolicyScope
{
    /// <summary>By every tier.</summary>
    AllTiers,

    /// <summary>The pod connects through a Service to itself: by Admin and Baseline.</summary>
    SelfThroughService,

    /// <summary>The pod connects to its own address: the packet does not leave the pod.</summary>
    OwnAddress,

    /// <summary>The peer is the subject's own node: by Admin and Baseline.</summary>
    ToOwnNode,

    /// <summary>What a node sends to its own pods always passes.</summary>
    FromOwnNode,

    /// <summary>The address is no pod's, or only that of pods which policies do not see.</summary>
    NoPod,

    /// <summary>No node runs the pod.</summary>
    NoNode,
}
