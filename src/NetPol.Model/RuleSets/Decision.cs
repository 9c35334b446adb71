using NetPol.Model.Policies;

namespace NetPol.Model.RuleSets;

/// <summary>
/// A verdict and the policy that made it. Every evaluated packet is counted under one decision. A decision may also contain the verdict that audited
/// policies would make, and the request for a flow record. A plain decision contains neither.
/// </summary>
public sealed record Decision
{
    private Decision(
        Direction direction, Verdict verdict, Tier tier, PolicyId? policy, int? ruleIndex, string? ruleName, ValueArray<PolicyId> isolatedBy,
        Decision? audit = null, bool isLogged = false)
    {
        (Direction, Verdict, Tier, Policy, RuleIndex, RuleName, IsolatedBy, Audit, IsLogged) =
            (direction, verdict, tier, policy, ruleIndex, VisibleText.Escape(ruleName), isolatedBy, audit, isLogged);
        Id = new(ToCanonicalText().Hash());
    }

    public DecisionId Id { get; }

    public Direction Direction { get; }

    public Verdict Verdict { get; }

    public Tier Tier { get; }

    /// <summary>The policy whose rule decided; null for a drop by isolation and in the tier Default.</summary>
    public PolicyId? Policy { get; }

    /// <summary>The index of the deciding rule in its policy's list for the direction, from 0. Null where <see cref="Policy"/> is null.</summary>
    public int? RuleIndex { get; }

    /// <summary>The deciding rule's name, as <see cref="VisibleText"/>; null when it has none.</summary>
    public string? RuleName { get; }

    /// <summary>The NetworkPolicies that isolate the pod, by id, for a drop because none of them allows. Otherwise empty.</summary>
    public ValueArray<PolicyId> IsolatedBy { get; }

    /// <summary>The plain decision if audited policies were enforced. Null when it equals this one.</summary>
    public Decision? Audit { get; }

    /// <summary>Whether a flow record is requested.</summary>
    public bool IsLogged { get; }

    /// <summary>The decision without audit and logging.</summary>
    public Decision Plain => WithAudit(null, false);

    /// <summary>Returns the decision of a rule.</summary>
    public static Decision ByRule(Direction direction, Verdict verdict, Policy policy, Rule rule) =>
        new(direction, verdict, policy.Tier, policy.Id, rule.Index, rule.Name, []);

    /// <summary>Returns a denial by isolation: NetworkPolicies isolate the pod in this direction and none of them allows.</summary>
    /// <param name="direction">The direction.</param>
    /// <param name="policies">The isolating policies, at least one, in any order.</param>
    public static Decision ByIsolation(Direction direction, IEnumerable<PolicyId> policies) =>
        new(direction, Verdict.Deny, Tier.NetworkPolicy, null, null, null, policies.Distinct().Order().ToValueArray());

    /// <summary>Returns the default decision: no policy decides, so the connection is allowed.</summary>
    public static Decision ByDefault(Direction direction) => new(direction, Verdict.Allow, Tier.Default, null, null, null, []);

    /// <summary>Restores a decision that was sent or stored.</summary>
    public static Decision Restore(
        Direction direction, Verdict verdict, Tier tier, PolicyId? policy, int? ruleIndex, string? ruleName, ValueArray<PolicyId> isolatedBy) =>
        new(direction, verdict, tier, policy, ruleIndex, ruleName, isolatedBy);

    /// <summary>Returns this decision with another audit and logging.</summary>
    /// <param name="audit">A plain decision of the same direction. Null or this decision for none.</param>
    /// <param name="isLogged">Whether a flow record is requested.</param>
    /// <exception cref="ArgumentException">The audit is not plain, or of the other direction.</exception>
    public Decision WithAudit(Decision? audit, bool isLogged)
    {
        if (audit is { Audit: not null } or { IsLogged: true } || (audit is not null && audit.Direction != Direction))
            throw new ArgumentException($"\"{audit}\" cannot be the audit of \"{this}\"", nameof(audit));
        var plain = Audit is null && !IsLogged ? this : new(Direction, Verdict, Tier, Policy, RuleIndex, RuleName, IsolatedBy);
        var other = audit == plain ? null : audit;
        return other is null && !isLogged ? plain : new(Direction, Verdict, Tier, Policy, RuleIndex, RuleName, IsolatedBy, other, isLogged);
    }

    /// <summary>Text for people: <c>deny by AdminNetworkPolicy lock-down rule 0 "no-db"</c>, followed by <c>(audit: allow by …)</c> and <c>[logged]</c>.</summary>
    public override string ToString() => $"{FormatPlain()}{(Audit is null ? "" : $" (audit: {Audit})")}{(IsLogged ? " [logged]" : "")}";

    private string FormatPlain()
    {
        var verdict = Verdict == Verdict.Allow ? "allow" : "deny";
        if (Policy is { } policy)
            return $"{verdict} by {policy} rule {RuleIndex}{(RuleName is null ? "" : $" \"{RuleName}\"")}";
        return IsolatedBy.IsEmpty ? $"{verdict} by default" : $"{verdict} by isolation of {string.Join(", ", IsolatedBy.Select(p => p.QualifiedName))}";
    }

    private CanonicalText ToCanonicalText()
    {
        var text = new CanonicalText("decision").Add(Direction).Add(Verdict).Add(Tier).Add(Policy).Add(RuleIndex).Add(RuleName).Add(IsolatedBy.Count);
        foreach (var policy in IsolatedBy)
            text.Add(policy);
        return text.Add(Audit?.ToCanonicalText().ToString()).Add(IsLogged ? "logged" : null);
    }
}

public enum Verdict
{
    Allow,
    Deny,
}
