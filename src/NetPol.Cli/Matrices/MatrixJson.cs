using System.Text.Json;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>The matrix as data: the same keys in the same order for every entry.</summary>
internal static class MatrixJson
{
    /// <summary>Writes one entry as an object. <paramref name="observed"/> is added when it is not null.</summary>
    public static void WriteEntry(Utf8JsonWriter json, MatrixEntry entry, string? observed = null)
    {
        json.WriteStartObject();
        json.WriteString("from", entry.From.Name);
        json.WriteString("to", entry.To.Name);
        json.WriteString("protocol", entry.Port.Protocol.Name());
        json.WriteNumber("port", entry.Port.Number);
        if (entry.Service is { } service)
            json.WriteString("service", service);
        json.WriteString("verdict", Word(entry.Verdict.Verdict));
        WriteDecision(json, "egress", entry.Verdict.Egress);
        WriteDecision(json, "ingress", entry.Verdict.Ingress);
        if (observed is not null)
            json.WriteString("observed", observed);
        json.WriteEndObject();
    }

    /// <summary><c>allow</c> or <c>deny</c>.</summary>
    public static string Word(Verdict verdict) => verdict == Verdict.Allow ? "allow" : "deny";

    /// <summary>
    /// Who decided. In the tier Default nobody did: kind, policy and rule are null. When isolation drops, kind is NetworkPolicy, policy holds the
    /// names of all policies that isolate, joined by commas, and rule is null. Where audited policies would decide otherwise there is an object
    /// <c>audit</c> of the same fields.
    /// </summary>
    public static void WriteDecisionFields(Utf8JsonWriter json, Decision decision)
    {
        var kind = decision.Policy?.Kind ?? (decision.IsolatedBy.IsEmpty ? null : PolicyKind.NetworkPolicy);
        var policy = decision.Policy?.QualifiedName
            ?? (decision.IsolatedBy.IsEmpty ? null : string.Join(',', decision.IsolatedBy.Select(p => p.QualifiedName)));
        json.WriteString("verdict", Word(decision.Verdict));
        json.WriteString("tier", decision.Tier.ToString());
        json.WriteString("kind", kind?.ToString());
        json.WriteString("policy", policy);
        if (decision is { RuleName: null, RuleIndex: { } index })
            json.WriteNumber("rule", index);
        else
            json.WriteString("rule", decision.RuleName);
        if (decision.Audit is { } audit)
            WriteDecision(json, "audit", audit);
    }

    private static void WriteDecision(Utf8JsonWriter json, string name, Decision decision)
    {
        json.WriteStartObject(name);
        WriteDecisionFields(json, decision);
        json.WriteEndObject();
    }
}
