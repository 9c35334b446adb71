using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Protocol.Flows;

/// <summary>The words of a record, the same in every form that it is given in.</summary>
public static class FlowWords
{
    /// <summary><c>allow</c>, <c>deny</c>, <c>audit-allow</c> or <c>audit-deny</c>.</summary>
    public static string Verdict(FlowRecord record) => (record.IsAudited ? "audit-" : "") + (record.Decision.Verdict == Model.Rules.Verdict.Allow ? "allow" : "deny");

    /// <summary><c>ingress</c> or <c>egress</c>.</summary>
    public static string Direction(FlowRecord record) => record.Decision.Direction == Model.Policies.Direction.Ingress ? "ingress" : "egress";

    /// <summary><c>TCP</c>, as Kubernetes writes it; the number where there is no name.</summary>
    public static string Protocol(FlowRecord record) => ((Model.Protocol)record.Protocol).Name();

    /// <summary><c>Admin</c>, <c>NetworkPolicy</c>, <c>Baseline</c> or <c>Default</c>.</summary>
    public static string Tier(Tier tier) => tier switch
    {
        Model.Policies.Tier.Admin => "Admin",
        Model.Policies.Tier.NetworkPolicy => "NetworkPolicy",
        Model.Policies.Tier.Baseline => "Baseline",
        Model.Policies.Tier.Default => "Default",
        _ => throw new ArgumentOutOfRangeException(nameof(tier)),
    };

    /// <summary>Who decided: <c>AdminNetworkPolicy lock-down rule 2 "no-db"</c>, <c>NetworkPolicy shop/db (isolation)</c>, <c>default</c>.</summary>
    public static string Decider(Decision decision)
    {
        if (decision.Policy is { } policy)
            return $"{policy} rule {decision.RuleIndex}{(decision.RuleName is { } name ? $" \"{name}\"" : "")}";
        return decision.IsolatedBy.IsEmpty
            ? "default"
            : $"{PolicyKind.NetworkPolicy} {string.Join(", ", decision.IsolatedBy.Select(p => p.QualifiedName))} (isolation)";
    }
}
