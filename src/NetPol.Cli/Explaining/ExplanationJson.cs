using System.Text.Json;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Explaining;

/// <summary>An explanation as data: a matrix entry, and for each side what the tiers say.</summary>
internal static class ExplanationJson
{
    public static void Write(Utf8JsonWriter json, Explanation explanation, Endpoint from, Endpoint to, IReadOnlyList<NodeCheck>? checks = null, string? hint = null)
    {
        var connection = explanation.Connection;
        json.WriteStartObject();
        json.WriteString("from", from.Name);
        json.WriteString("to", to.Name);
        json.WriteString("source", connection.Source.ToString());
        json.WriteString("destination", connection.Destination.ToString());
        json.WriteString("protocol", connection.Protocol.Name());
        json.WriteNumber("port", connection.Port);
        json.WriteString("verdict", MatrixJson.Word(explanation.Verdict.Verdict));
        WriteSide(json, "egress", explanation.Egress);
        WriteSide(json, "ingress", explanation.Ingress);
        if (hint is null)
        {
            RemedyJson.Write(json, explanation);
        }
        else
        {
            json.WriteStartArray("remedy");
            json.WriteEndArray();
            json.WriteString("hint", hint);
        }
        if (checks is not null)
            NodeCheckJson.Write(json, checks);
        json.WriteEndObject();
    }

    private static void WriteSide(Utf8JsonWriter json, string name, SideExplanation side)
    {
        json.WriteStartObject(name);
        MatrixJson.WriteDecisionFields(json, side.Decision);
        json.WriteString("judged", Words.Camel(side.Judgement.ToString()));
        json.WriteString("node", side.Node);
        WriteTiers(json, "tiers", side.Tiers);
        if (side.Audit is { } audit)
            WriteTiers(json, "auditTiers", audit.Tiers);
        json.WriteStartArray("beaten");
        foreach (var decision in side.Beaten)
            WriteDecision(json, decision);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTiers(Utf8JsonWriter json, string name, ValueArray<TierExplanation> tiers)
    {
        json.WriteStartArray(name);
        foreach (var tier in tiers)
            WriteTier(json, tier);
        json.WriteEndArray();
    }

    private static void WriteTier(Utf8JsonWriter json, TierExplanation tier)
    {
        json.WriteStartObject();
        json.WriteString("tier", tier.Tier.ToString());
        json.WriteString("outcome", Words.Camel(tier.Outcome.ToString()));
        json.WriteStartArray("policies");
        foreach (var policy in tier.Policies)
            json.WriteStringValue(policy.ToString());
        json.WriteEndArray();
        json.WriteStartArray("rules");
        foreach (var step in tier.Steps)
            WriteStep(json, step);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, RuleStep step)
    {
        json.WriteStartObject();
        json.WriteString("kind", step.Policy.Kind.ToString());
        json.WriteString("policy", step.Policy.QualifiedName);
        json.WriteNumber("index", step.RuleIndex);
        json.WriteString("name", step.RuleName);
        json.WriteString("action", Words.Camel(step.Action.ToString()));
        json.WriteString("role", Words.Camel(step.Role.ToString()));
        WriteReason(json, "peer", step.Peer);
        WriteReason(json, "port", step.Port);
        json.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter json, string name, MatchReason reason)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("matches", reason.Matches);
        json.WriteString("why", reason.Why);
        json.WriteEndObject();
    }

    private static void WriteDecision(Utf8JsonWriter json, Decision decision)
    {
        json.WriteStartObject();
        MatrixJson.WriteDecisionFields(json, decision);
        json.WriteEndObject();
    }
}
