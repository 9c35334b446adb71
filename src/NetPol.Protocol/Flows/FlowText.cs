using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Protocol.Flows;

/// <summary>A record as a line for people.</summary>
public static class FlowText
{
    /// <summary><c>12:03:04 deny ingress shop/web-1 → shop/db-0 5432/TCP by NetworkPolicy shop/db (isolation) ×3</c>, without a line feed.</summary>
    /// <param name="record">What to write.</param>
    /// <param name="zone">The time zone of the output.</param>
    public static string Write(FlowRecord record, TimeZoneInfo zone) => string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeZoneInfo.ConvertTime(record.FirstPacketAt, zone):HH:mm:ss} {FlowTerms.Verdict(record)} {FlowTerms.Direction(record)} {record.Source.Name} → {record.Destination.Name} {Port(record)}{FlowTerms.Protocol(record)} by {FlowTerms.Decider(record.Decision)}{(record.Count > 1 ? $" ×{record.Count}" : "")}");

    private static string Port(FlowRecord record) => record.Destination.Port is { } port ? $"{port}/" : "";
}

/// <summary>A record as a JSON object. What is not known, or not so, has no member. docs/reference/flow-record.md lists the members.</summary>
public static class FlowJson
{
    // Nothing is escaped that only HTML would need escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One object in one line, with a line feed behind it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="record">What to write.</param>
    /// <param name="lost">What should have come since the record before, and did not: <see cref="FlowBatch.Lost"/>.</param>
    public static void WriteLine(Stream output, FlowRecord record, long lost)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", record.FirstPacketAt.UtcDateTime);
            json.WriteString("endTime", record.LastPacketAt.UtcDateTime);
            json.WriteString("node", record.Node);
            json.WriteString("direction", FlowTerms.Direction(record));
            json.WriteString("verdict", FlowTerms.Verdict(record));
            Write(json, "source", record.Source);
            Write(json, "destination", record.Destination);
            json.WriteString("protocol", FlowTerms.Protocol(record));
            if (record.IcmpType is { } type)
                json.WriteNumber("icmpType", type);
            WriteDecider(json, record);
            json.WriteNumber("count", record.Count);
            if (lost > 0)
                json.WriteNumber("lost", lost);
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, string name, FlowEndpoint end)
    {
        json.WriteStartObject(name);
        json.WriteString("address", end.Address.ToString());
        if (end.Port is { } port)
            json.WriteNumber("port", port);
        if (end.Owner?.Pod is { } pod)
        {
            json.WriteString("namespace", pod.Namespace);
            json.WriteString("pod", pod.Name);
            json.WriteStartObject("labels");
            foreach (var (key, value) in end.Owner.Labels.Pairs)
                json.WriteString(key, value);
            json.WriteEndObject();
        }
        else if (end.Owner?.Node is { } node)
        {
            json.WriteString("node", node);
        }
        json.WriteEndObject();
    }

    private static void WriteDecider(Utf8JsonWriter json, FlowRecord record)
    {
        var decision = record.Decision;
        json.WriteString("tier", FlowTerms.Tier(decision.Tier));
        if (decision.Policy is { } policy)
        {
            json.WriteStartObject("policy");
            WriteName(json, policy);
            json.WriteNumber("rule", decision.RuleIndex ?? 0);
            if (decision.RuleName is { } name)
                json.WriteString("ruleName", name);
            json.WriteEndObject();
        }
        if (decision.IsolatedBy.IsEmpty)
            return;
        json.WriteStartArray("isolatedBy");
        foreach (var isolating in decision.IsolatedBy)
        {
            json.WriteStartObject();
            WriteName(json, isolating);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteName(Utf8JsonWriter json, PolicyId policy)
    {
        json.WriteString("kind", policy.Kind.ToString());
        if (policy.Namespace.Length > 0)
            json.WriteString("namespace", policy.Namespace);
        json.WriteString("name", policy.Name);
    }
}

/// <summary>The words of a record, the same in every form that it is given in.</summary>
public static class FlowTerms
{
    /// <summary><c>allow</c>, <c>deny</c>, <c>audit-allow</c> or <c>audit-deny</c>.</summary>
    public static string Verdict(FlowRecord record) => (record.IsAudited ? "audit-" : "") + (record.Decision.Verdict == NetPol.Model.RuleSets.Verdict.Allow ? "allow" : "deny");

    /// <summary><c>ingress</c> or <c>egress</c>.</summary>
    public static string Direction(FlowRecord record) => record.Decision.Direction == Model.Policies.Direction.Ingress ? "ingress" : "egress";

    /// <summary><c>TCP</c>, as Kubernetes writes it; the number where there is no name.</summary>
    public static string Protocol(FlowRecord record) => ((NetPol.Model.Net.Protocol)record.Protocol).Name();

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
