using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Explain;

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

/// <summary>One side of a connection: its decision, and the outcome of each tier.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tier">Admin, NetworkPolicy, Baseline or Default.</param>
/// <param name="Kind">The kind of the policy whose rule decided; null for isolation and for the default.</param>
/// <param name="Policy">The policy whose rule decided.</param>
/// <param name="Rule">The rule's index, from 0.</param>
/// <param name="RuleName">The rule's name; null without one.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod when none of their rules allows the connection; else empty.</param>
/// <param name="Audit">What the audited policies would decide; absent where that is the same.</param>
/// <param name="Evaluation">Whether policies apply to this side, and why not.</param>
/// <param name="Node">The node that evaluates this side; null for none.</param>
/// <param name="Tiers">The tiers, in order of evaluation.</param>
/// <param name="AuditTiers">The same with the audited policies; absent without them.</param>
/// <param name="Overruled">The decisions with the other verdict that did not count.</param>
internal sealed record SideJson(
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit,
    PolicyScope Evaluation,
    string? Node,
    IReadOnlyList<TierJson> Tiers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<TierJson>? AuditTiers,
    IReadOnlyList<DecisionJson> Overruled)
{
    public static SideJson Create(SideExplanation side)
    {
        var (verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit) = DecisionJson.Create(side.Decision);
        return new(
            verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit, side.PolicyScope, side.Node,
            [.. side.Tiers.Select(TierJson.Create)],
            side.Audit is { } audited ? [.. audited.Tiers.Select(TierJson.Create)] : null,
            [.. side.OverruledDecisions.Select(DecisionJson.Create)]);
    }
}

/// <summary>The outcome of a tier.</summary>
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

/// <summary>A change that the connection needs to be allowed. All changes together allow it.</summary>
/// <param name="Side">The side of the connection.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "change")]
[JsonDerivedType(typeof(NarrowRuleJson), "rule")]
[JsonDerivedType(typeof(AllowRuleJson), "allow")]
internal abstract record RemedyJson([property: JsonPropertyOrder(-1)] Direction Side)
{
    /// <summary>Returns the changes of both sides in order of evaluation; empty for an allowed connection.</summary>
    public static IReadOnlyList<RemedyJson> Create(Explanation explanation) =>
    [
        .. from side in new[] { explanation.Egress, explanation.Ingress }
           from change in side.Remedies
           select Create(side.Direction, change),
    ];

    private static RemedyJson Create(Direction side, RemedyChange change) => change switch
    {
        RemedyChange.RuleDenies denies => new NarrowRuleJson(
            side, denies.Tier.ToString(), denies.Step.Policy.Kind.ToString(), denies.Step.Policy.QualifiedName, denies.Step.RuleIndex, denies.Step.RuleName, denies.Isolation?.Reason),
        RemedyChange.Isolated isolated => new AllowRuleJson(
            side, [.. isolated.IsolatedBy.Select(p => p.QualifiedName)], isolated.AddTo?.QualifiedName, isolated.Subject.Namespace, LabelSelectorJson.Create(isolated.Subject.Pods),
            NetworkPolicyRuleJson.Create(side, isolated.Allowing)),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };
}

/// <summary>A rule denies the connection: narrow it, delete it, or insert a rule before it that allows the connection.</summary>
/// <param name="Side">The side of the connection.</param>
/// <param name="Tier">The tier of the rule.</param>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Policy">The policy: <c>namespace/name</c>, or a name.</param>
/// <param name="Index">The rule's index, from 0.</param>
/// <param name="Name">The rule's name; null without one.</param>
/// <param name="Isolated">Why the pod is isolated, for a Baseline rule; absent when it is not.</param>
internal sealed record NarrowRuleJson(
    Direction Side,
    string Tier,
    string Kind,
    string Policy,
    int Index,
    string? Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Isolated) : RemedyJson(Side);

/// <summary>The pod is isolated: add a rule that allows the connection.</summary>
/// <param name="Side">The side of the connection.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod.</param>
/// <param name="AddTo">The NetworkPolicy to add the rule to; null for a new one.</param>
/// <param name="Namespace">The namespace of the NetworkPolicy.</param>
/// <param name="PodSelector">The pods that the NetworkPolicy selects.</param>
/// <param name="Rule">The rule to add.</param>
internal sealed record AllowRuleJson(
    Direction Side, IReadOnlyList<string> IsolatedBy, string? AddTo, string? Namespace, LabelSelectorJson PodSelector, NetworkPolicyRuleJson Rule) : RemedyJson(Side);

/// <summary>A rule in the format of a NetworkPolicy: <c>from</c> for ingress, <c>to</c> for egress.</summary>
internal sealed record NetworkPolicyRuleJson(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPeerJson>? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPeerJson>? To,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPortJson>? Ports)
{
    public static NetworkPolicyRuleJson Create(Direction side, Rule rule)
    {
        IReadOnlyList<NetworkPolicyPeerJson> peers = [.. rule.Peers.Select(NetworkPolicyPeerJson.Create)];
        IReadOnlyList<NetworkPolicyPortJson>? ports =
            rule.Ports is { } matches ? [.. matches.Cast<PortMatch.Numbers>().Select(p => new NetworkPolicyPortJson(p.Protocol.Name(), p.Range.First))] : null;
        return side == Direction.Ingress ? new(peers, null, ports) : new(null, peers, ports);
    }
}

/// <summary>A peer in the format of a NetworkPolicy.</summary>
internal sealed record NetworkPolicyPeerJson(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IpBlockJson? IpBlock,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelSelectorJson? NamespaceSelector,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelSelectorJson? PodSelector)
{
    public static NetworkPolicyPeerJson Create(Peer peer) => peer switch
    {
        Peer.Network network => new(new IpBlockJson(network.Cidr.ToString()), null, null),
        Peer.Pods { Selection: var selection } => new(
            null, selection.Namespace is null ? LabelSelectorJson.Create(selection.Namespaces) : null, LabelSelectorJson.Create(selection.Pods)),
        _ => new(null, null, null),
    };
}

/// <summary>An address range.</summary>
internal sealed record IpBlockJson(string Cidr);

/// <summary>A port with its protocol.</summary>
internal sealed record NetworkPolicyPortJson(string Protocol, int Port);

/// <summary>A label selector; without labels it selects everything.</summary>
internal sealed record LabelSelectorJson([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? MatchLabels)
{
    public static LabelSelectorJson Create(LabelSelector selector)
    {
        if (selector.Requirements.IsEmpty)
            return new((IReadOnlyDictionary<string, string>?)null);
        var labels = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var requirement in selector.Requirements)
            labels[requirement.Key] = requirement.Values[0];
        return new(labels);
    }
}
