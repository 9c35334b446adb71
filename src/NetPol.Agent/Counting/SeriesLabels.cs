using NetPol.Model.Policies;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Counting;

/// <summary>The labels of a series, as users read them; those that its level does not tell are missing.</summary>
internal static class SeriesLabels
{
    public static IEnumerable<KeyValuePair<string, object?>> Of(Series series)
    {
        yield return new("direction", series.Direction == Direction.Ingress ? "ingress" : "egress");
        yield return new("verdict", Word(series.Verdict));
        yield return new("tier", series.Tier.ToString());
        if (series.Level >= SeriesLevel.Policy)
        {
            // Not `namespace`: Prometheus puts that of the agent's pod there.
            yield return new("policy_kind", series.Kind);
            yield return new("policy_namespace", series.Namespace);
            yield return new("policy", series.Policy);
        }
        if (series.Level >= SeriesLevel.Rule)
        {
            yield return new("rule", series.Rule);
            yield return new("rule_name", series.RuleName);
        }
    }

    private static string Word(SeriesVerdict verdict) => verdict switch
    {
        SeriesVerdict.Allow => "allow",
        SeriesVerdict.Deny => "deny",
        SeriesVerdict.AuditAllow => "audit-allow",
        SeriesVerdict.AuditDeny => "audit-deny",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
