using System.Text.Json.Serialization;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Connections;

/// <summary>The decision about one side of a connection. In the tier Default no policy decided: kind, policy and rule are null.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tier">Admin, NetworkPolicy, Baseline or Default.</param>
/// <param name="Kind">The kind of the policy whose rule decided; null for isolation and for the default.</param>
/// <param name="Policy">The policy whose rule decided: <c>namespace/name</c>, or a name.</param>
/// <param name="Rule">The rule's index, from 0.</param>
/// <param name="RuleName">The rule's name; null without one.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod when none of their rules allows the connection; else empty.</param>
/// <param name="Audit">What the audited policies would decide; absent where that is the same.</param>
internal sealed record DecisionJson(
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit)
{
    public static DecisionJson Create(Decision decision) => new(
        decision.Verdict, decision.Tier.ToString(), decision.Policy?.Kind.ToString(), decision.Policy?.QualifiedName, decision.RuleIndex, decision.RuleName,
        [.. decision.IsolatedBy.Select(p => p.QualifiedName)], decision.Audit is { } audit ? Create(audit) : null);
}
