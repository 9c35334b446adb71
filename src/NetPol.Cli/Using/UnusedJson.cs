using System.Text.Json;
using NetPol.Cli.Explaining;
using NetPol.Compiler.Using;

namespace NetPol.Cli.Using;

/// <summary>What is of no use as data: the same keys in the same order for every entry.</summary>
internal static class UnusedJson
{
    public static void Write(Utf8JsonWriter json, UnusedPolicy unused)
    {
        json.WriteStartObject();
        json.WriteString("kind", unused.Policy.Kind.ToString());
        json.WriteString("policy", unused.Policy.QualifiedName);
        if (unused.Rule is { } rule)
        {
            json.WritePropertyName("rule");
            WriteRule(json, rule);
        }
        else
        {
            json.WriteNull("rule");
        }
        json.WriteString("term", Words.Camel(unused.Term.ToString()));
        json.WriteString("reason", Words.Camel(unused.Reason.ToString()));
        json.WriteStartArray("by");
        foreach (var other in unused.By)
            WriteRule(json, other);
        json.WriteEndArray();
        json.WriteStartArray("isolation");
        foreach (var policy in unused.Isolation)
            json.WriteStringValue(policy.QualifiedName);
        json.WriteEndArray();
        json.WriteStartArray("unmatchedPods");
        foreach (var pod in unused.Unmatched)
            json.WriteStringValue(pod.Id.ToString());
        json.WriteEndArray();
        json.WriteBoolean("byDefault", unused.ByDefault);
        json.WriteBoolean("byOtherSide", unused.ByOtherSide);
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, RuleReference rule)
    {
        json.WriteStartObject();
        json.WriteString("kind", rule.Policy.Kind.ToString());
        json.WriteString("policy", rule.Policy.QualifiedName);
        json.WriteString("direction", rule.Direction.ToString().ToLowerInvariant());
        json.WriteNumber("index", rule.Index);
        json.WriteString("name", rule.Name);
        json.WriteEndObject();
    }
}
