using System.Globalization;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>
/// The labels of decisions that are counted together at one level. A label is empty when the level does not include it, or when the decision
/// does not have it.
/// </summary>
public sealed record CounterSeries
{
    /// <summary>The most isolating policies that the label names. It has a number and a hash of the others.</summary>
    private const int NamedPolicies = 8;

    private CounterSeries(SeriesLevel level, Decision decision, CounterVerdict verdict)
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

    public CounterVerdict Verdict { get; }

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
    public static IReadOnlyList<CounterSeries> OfTiers { get; } =
    [
        .. from direction in Enum.GetValues<Direction>()
           from tier in Enum.GetValues<Tier>()
           from verdict in Enum.GetValues<CounterVerdict>()
           where tier != Tier.Default || verdict is CounterVerdict.Allow or CounterVerdict.AuditAllow
           let decision = Decision.Restore(direction, NetPol.Model.RuleSets.Verdict.Allow, tier, null, null, null, [])
           select new CounterSeries(SeriesLevel.Tier, decision, verdict),
    ];

    /// <summary>The series that a decision counts for: its own, and one more if an audit would decide differently.</summary>
    public static IEnumerable<CounterSeries> Create(Decision decision, SeriesLevel level)
    {
        yield return new(level, decision, decision.Verdict == NetPol.Model.RuleSets.Verdict.Allow ? CounterVerdict.Allow : CounterVerdict.Deny);
        if (decision.Audit is { } audit)
            yield return new(level, audit, audit.Verdict == NetPol.Model.RuleSets.Verdict.Allow ? CounterVerdict.AuditAllow : CounterVerdict.AuditDeny);
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
            CounterVerdict.Allow => "allow",
            CounterVerdict.Deny => "deny",
            CounterVerdict.AuditAllow => "audit-allow",
            CounterVerdict.AuditDeny => "audit-deny",
            _ => throw new InvalidOperationException($"no verdict {Verdict}"),
        })
        .Add(Tier).Add(Kind).Add(Namespace).Add(Policy).Add(Rule).Add(RuleName);
}

/// <summary>Names a <see cref="CounterSeries"/> by the hash of its labels, the same in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct SeriesId(UInt128 Value) : IComparable<SeriesId>
{
    /// <summary>Characters of the short form.</summary>
    internal const int ShortLength = 20;

    private const int TextLength = 32;
    private const int Base = 85;
    private const char Zero = '(';

    public static bool operator <(SeriesId left, SeriesId right) => left.Value < right.Value;

    public static bool operator >(SeriesId left, SeriesId right) => left.Value > right.Value;

    public static bool operator <=(SeriesId left, SeriesId right) => left.Value <= right.Value;

    public static bool operator >=(SeriesId left, SeriesId right) => left.Value >= right.Value;

    public int CompareTo(SeriesId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The id in 20 characters of ASCII: digits to the base 85 from <c>(</c> on, the highest first.</summary>
    internal string ToShortString() => string.Create(ShortLength, Value, static (text, value) =>
    {
        for (var i = text.Length - 1; i >= 0; i--)
            (value, text[i]) = (value / Base, (char)(Zero + (int)(value % Base)));
    });

    /// <summary>Reads the short form; null when it is none.</summary>
    internal static SeriesId? ParseShort(ReadOnlySpan<char> text)
    {
        if (text.Length != ShortLength)
            return null;
        UInt128 value = 0;
        foreach (var character in text)
        {
            if (character is < Zero or >= (char)(Zero + Base) || value > (UInt128.MaxValue - (UInt128)(character - Zero)) / Base)
                return null;
            value = (value * Base) + (UInt128)(character - Zero);
        }
        return new(value);
    }

    internal static SeriesId? Parse(ReadOnlySpan<char> text) =>
        text.Length == TextLength && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? new(value) : null;
}

/// <summary>Which labels a series has. Each level includes the labels of the levels before it.</summary>
public enum SeriesLevel
{
    /// <summary>Direction, verdict and tier: a fixed number of series.</summary>
    Tier,

    /// <summary>The policy too.</summary>
    Policy,

    /// <summary>The policy's rule too.</summary>
    Rule,
}

/// <summary>What was decided, or would have been were the audited policies enforced.</summary>
public enum CounterVerdict
{
    Allow,
    Deny,
    AuditAllow,
    AuditDeny,
}
