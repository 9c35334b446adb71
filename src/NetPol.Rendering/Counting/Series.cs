using System.Globalization;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Rendering.Counting;

/// <summary>
/// What is counted together: all decisions that have the same labels at one level. A label that the level does not tell, or that the decision
/// does not have, is empty.
/// </summary>
public sealed record Series
{
    /// <summary>More isolating policies than these are not named in the label, only counted and told from others.</summary>
    private const int NamedPolicies = 8;

    private Series(SeriesLevel level, Decision decision, SeriesVerdict verdict)
    {
        (Level, Direction, Verdict, Tier) = (level, decision.Direction, verdict, decision.Tier);
        if (level >= SeriesLevel.Policy && (decision.Policy ?? decision.IsolatedBy.Cast<PolicyId?>().FirstOrDefault()) is { } policy)
            (Kind, Namespace, Policy) = (policy.Kind.Name(), policy.Namespace, decision.IsolatedBy.IsEmpty ? policy.Name : Names(decision.IsolatedBy));
        if (level >= SeriesLevel.Rule)
            (Rule, RuleName) = (decision.RuleIndex?.ToString(CultureInfo.InvariantCulture) ?? (decision.IsolatedBy.IsEmpty ? "" : "isolation"), decision.RuleName ?? "");
        Id = new(Canonical().Hash());
    }

    public SeriesId Id { get; }

    public SeriesLevel Level { get; }

    public Direction Direction { get; }

    public SeriesVerdict Verdict { get; }

    public Tier Tier { get; }

    /// <summary>The policy's kind.</summary>
    public string Kind { get; } = "";

    /// <summary>The policy's namespace.</summary>
    public string Namespace { get; } = "";

    /// <summary>The policy's name; for a drop because policies isolate, the names of those, by commas: of the first eight, and <c>+N:HASH</c> for the N others.</summary>
    public string Policy { get; } = "";

    /// <summary>The rule's place in its policy's list, from 0; <c>isolation</c> where none of the policy's rules allowed.</summary>
    public string Rule { get; } = "";

    public string RuleName { get; } = "";

    /// <summary>Every series that a decision can have at the level <see cref="SeriesLevel.Tier"/>.</summary>
    public static IReadOnlyList<Series> OfTiers { get; } =
    [
        .. from direction in Enum.GetValues<Direction>()
           from tier in Enum.GetValues<Tier>()
           from verdict in Enum.GetValues<SeriesVerdict>()
           where tier != Tier.Default || verdict is SeriesVerdict.Allow or SeriesVerdict.AuditAllow
           let decision = Decision.Restore(direction, Model.Rules.Verdict.Allow, tier, null, null, null, [])
           select new Series(SeriesLevel.Tier, decision, verdict),
    ];

    /// <summary>The series that a decision counts for: its own, and one more where an audit would decide otherwise.</summary>
    public static IEnumerable<Series> Of(Decision decision, SeriesLevel level)
    {
        yield return new(level, decision, decision.Verdict == Model.Rules.Verdict.Allow ? SeriesVerdict.Allow : SeriesVerdict.Deny);
        if (decision.Audit is { } audit)
            yield return new(level, audit, audit.Verdict == Model.Rules.Verdict.Allow ? SeriesVerdict.AuditAllow : SeriesVerdict.AuditDeny);
    }

    private static string Names(ValueArray<PolicyId> policies)
    {
        var named = string.Join(',', policies.Take(NamedPolicies).Select(p => p.Name));
        var others = policies.Skip(NamedPolicies).Select(p => p.Name).ToList();
        // Other policies are another series, with labels of its own.
        return others.Count == 0 ? named : string.Create(CultureInfo.InvariantCulture, $"{named},+{others.Count}:{Canonical(others).Hash():x32}");
    }

    private static CanonicalText Canonical(IEnumerable<string> names)
    {
        var text = new CanonicalText("names");
        foreach (var name in names)
            text.Add(name);
        return text;
    }

    private CanonicalText Canonical() => new CanonicalText("series")
        .Add(Level switch
        {
            SeriesLevel.Tier => "tier",
            SeriesLevel.Policy => "policy",
            SeriesLevel.Rule => "rule",
            _ => throw new InvalidOperationException($"no level {Level}"),
        })
        .Add(Direction)
        .Add(Verdict switch
        {
            SeriesVerdict.Allow => "allow",
            SeriesVerdict.Deny => "deny",
            SeriesVerdict.AuditAllow => "audit-allow",
            SeriesVerdict.AuditDeny => "audit-deny",
            _ => throw new InvalidOperationException($"no verdict {Verdict}"),
        })
        .Add(Tier).Add(Kind).Add(Namespace).Add(Policy).Add(Rule).Add(RuleName);
}
