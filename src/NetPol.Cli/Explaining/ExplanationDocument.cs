using System.Text.Json.Serialization;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Cli.Explaining;

/// <summary>Why one connection is allowed or denied.</summary>
/// <param name="From">The source: <c>namespace/pod</c>, or an address.</param>
/// <param name="To">The destination: <c>namespace/pod</c>, or an address.</param>
/// <param name="Source">The source address.</param>
/// <param name="Destination">The destination address.</param>
/// <param name="Protocol">TCP, UDP, SCTP, ICMP or ICMPv6.</param>
/// <param name="Port">The destination port; 0 for ICMP.</param>
/// <param name="Verdict">The verdict of both sides.</param>
/// <param name="Egress">The source's side.</param>
/// <param name="Ingress">The destination's side.</param>
/// <param name="Remedy">What to change so that the connection is allowed; empty when it is, and with a hint.</param>
/// <param name="Hint">A more likely mistake than the policies; absent without one.</param>
/// <param name="Nodes">What the nodes do; absent when none was asked.</param>
internal sealed record ExplanationDocument(
    string From,
    string To,
    string Source,
    string Destination,
    string Protocol,
    int Port,
    Verdict Verdict,
    SideJson Egress,
    SideJson Ingress,
    IReadOnlyList<RemedyJson> Remedy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Hint,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeCheckJson>? Nodes) : Document("Explanation", ExplanationSerializers.Default)
{
    public static ExplanationDocument Create(Explanation explanation, Endpoint from, Endpoint to, IReadOnlyList<NodeCheck>? checks = null, string? hint = null)
    {
        var connection = explanation.Connection;
        return new(
            from.Name,
            to.Name,
            connection.Source.ToString(),
            connection.Destination.ToString(),
            connection.Protocol.Name(),
            connection.Port,
            explanation.Verdict.Verdict,
            SideJson.Create(explanation.Egress),
            SideJson.Create(explanation.Ingress),
            hint is null ? RemedyJson.Create(explanation) : [],
            hint,
            checks is null ? null : [.. checks.Select(NodeCheckJson.Create)]);
    }
}

/// <summary>One side of a connection: its decision, and what each tier says.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tier">Admin, NetworkPolicy, Baseline or Default.</param>
/// <param name="Kind">The kind of the policy whose rule decided; null for isolation and for the default.</param>
/// <param name="Policy">The policy whose rule decided.</param>
/// <param name="Rule">The rule's index, from 0.</param>
/// <param name="RuleName">The rule's name; null without one.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod when none of their rules allows the connection; else empty.</param>
/// <param name="Audit">What the audited policies would decide; absent where that is the same.</param>
/// <param name="Judged">Whether policies apply to this side, and why not.</param>
/// <param name="Node">The node that evaluates this side; null for none.</param>
/// <param name="Tiers">The tiers, in order of evaluation.</param>
/// <param name="AuditTiers">The same with the audited policies; absent without them.</param>
/// <param name="Beaten">The decisions with the other verdict that did not count.</param>
internal sealed record SideJson(
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit,
    Judgement Judged,
    string? Node,
    IReadOnlyList<TierJson> Tiers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TierJson>? AuditTiers,
    IReadOnlyList<DecisionJson> Beaten)
{
    public static SideJson Create(SideExplanation side)
    {
        var (verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit) = DecisionJson.Create(side.Decision);
        return new(
            verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit, side.Judgement, side.Node,
            [.. side.Tiers.Select(TierJson.Create)],
            side.Audit is { } audited ? [.. audited.Tiers.Select(TierJson.Create)] : null,
            [.. side.Beaten.Select(DecisionJson.Create)]);
    }
}

/// <summary>What a tier says.</summary>
internal sealed record TierJson(string Tier, TierOutcome Outcome, IReadOnlyList<string> Policies, IReadOnlyList<RuleStepJson> Rules)
{
    public static TierJson Create(TierExplanation tier) =>
        new(tier.Tier.ToString(), tier.Outcome, [.. tier.Policies.Select(p => p.ToString())], [.. tier.Steps.Select(RuleStepJson.Create)]);
}

/// <summary>One rule, and whether its peers and ports match the connection.</summary>
internal sealed record RuleStepJson(string Kind, string Policy, int Index, string? Name, RuleAction Action, StepRole Role, MatchJson Peer, MatchJson Port)
{
    public static RuleStepJson Create(RuleStep step) => new(
        step.Policy.Kind.ToString(), step.Policy.QualifiedName, step.RuleIndex, step.RuleName, step.Action, step.Role,
        new(step.Peer.Matches, step.Peer.Why), new(step.Port.Matches, step.Port.Why));
}

/// <summary>Whether a part of a rule matches, and why.</summary>
internal sealed record MatchJson(bool Matches, string Why);

[JsonSerializable(typeof(ExplanationDocument))]
internal sealed partial class ExplanationSerializers : JsonSerializerContext;
