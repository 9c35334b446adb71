using System.Globalization;
using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>A verdict and who made it. Every packet that is judged is counted under one of these.</summary>
public sealed record Decision
{
    private Decision(
        Direction direction, Verdict verdict, Tier tier, PolicyId? policy, int? ruleIndex, string? ruleName, ValueArray<PolicyId> isolatedBy)
    {
        (Direction, Verdict, Tier, Policy, RuleIndex, RuleName, IsolatedBy) =
            (direction, verdict, tier, policy, ruleIndex, ruleName, isolatedBy);
        Id = new(ContentHash.Of(CanonicalText()));
    }

    public DecisionId Id { get; }

    public Direction Direction { get; }

    public Verdict Verdict { get; }

    public Tier Tier { get; }

    /// <summary>The policy whose rule decided; null for a drop by isolation and in the tier Default.</summary>
    public PolicyId? Policy { get; }

    /// <summary>The deciding rule's place in its policy's list for the direction, from 0; null where <see cref="Policy"/> is.</summary>
    public int? RuleIndex { get; }

    /// <summary>The deciding rule's name; null when it has none.</summary>
    public string? RuleName { get; }

    /// <summary>For a drop because NetworkPolicies isolate the pod and none allows: those policies, by id. Otherwise empty.</summary>
    public ValueArray<PolicyId> IsolatedBy { get; }

    /// <summary>A rule decided.</summary>
    public static Decision ByRule(Direction direction, Verdict verdict, Policy policy, Rule rule) =>
        new(direction, verdict, policy.Tier, policy.Id, rule.Index, rule.Name, []);

    /// <summary>NetworkPolicies isolate the pod in this direction and none of them allows.</summary>
    /// <param name="direction">The direction judged.</param>
    /// <param name="policies">The isolating policies, at least one, in any order.</param>
    public static Decision ByIsolation(Direction direction, IEnumerable<PolicyId> policies) =>
        new(direction, Verdict.Deny, Tier.NetworkPolicy, null, null, null, policies.Distinct().Order().ToValueArray());

    /// <summary>No policy decided: allowed.</summary>
    public static Decision ByDefault(Direction direction) => new(direction, Verdict.Allow, Tier.Default, null, null, null, []);

    /// <summary>A decision as it was sent or stored.</summary>
    public static Decision Restore(
        Direction direction, Verdict verdict, Tier tier, PolicyId? policy, int? ruleIndex, string? ruleName, ValueArray<PolicyId> isolatedBy) =>
        new(direction, verdict, tier, policy, ruleIndex, ruleName, isolatedBy);

    /// <summary>For people: <c>deny by AdminNetworkPolicy lock-down rule 0 "no-db"</c>.</summary>
    public override string ToString()
    {
        var verdict = Verdict == Verdict.Allow ? "allow" : "deny";
        if (Policy is { } policy)
            return $"{verdict} by {policy} rule {RuleIndex}{(RuleName is null ? "" : $" \"{RuleName}\"")}";
        return IsolatedBy.IsEmpty ? $"{verdict} by default" : $"{verdict} by isolation of {string.Join(", ", IsolatedBy.Select(p => p.QualifiedName))}";
    }

    private string CanonicalText() => string.Join('\n', new[]
    {
        Direction.ToString(), Verdict.ToString(), Tier.ToString(), Policy?.ToString() ?? "",
        RuleIndex?.ToString(CultureInfo.InvariantCulture) ?? "", RuleName ?? "",
    }.Concat(IsolatedBy.Select(p => p.ToString())));
}
