using System.Text.Encodings.Web;
using System.Text.Json;
using NetPol.Model.Policies;

namespace NetPol.Protocol.Flows;

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
            json.WriteString("time", record.FirstAt.UtcDateTime);
            json.WriteString("endTime", record.LastAt.UtcDateTime);
            json.WriteString("node", record.Node);
            json.WriteString("direction", FlowWords.Direction(record));
            json.WriteString("verdict", FlowWords.Verdict(record));
            Write(json, "source", record.Source);
            Write(json, "destination", record.Destination);
            json.WriteString("protocol", FlowWords.Protocol(record));
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

    private static void Write(Utf8JsonWriter json, string name, FlowEnd end)
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
        json.WriteString("tier", FlowWords.Tier(decision.Tier));
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
