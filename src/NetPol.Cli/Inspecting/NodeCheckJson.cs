using System.Text.Json;

namespace NetPol.Cli.Inspecting;

/// <summary>What nodes do, as data.</summary>
internal static class NodeCheckJson
{
    public static void Write(Utf8JsonWriter json, IEnumerable<NodeCheck> checks)
    {
        json.WriteStartArray("nodes");
        foreach (var check in checks)
            Write(json, check);
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, NodeCheck check)
    {
        json.WriteStartObject();
        json.WriteString("node", check.Node);
        if (check.Agrees is { } agrees)
            json.WriteBoolean("agrees", agrees);
        else
            json.WriteNull("agrees");
        json.WriteString("error", check.Trouble);
        json.WriteStartArray("meant");
        foreach (var decision in check.Meant)
            json.WriteStringValue(decision.Id.ToString());
        json.WriteEndArray();
        json.WriteStartArray("counts");
        foreach (var count in check.Found?.Counts ?? [])
        {
            json.WriteStartObject();
            json.WriteString("decision", count.Decision?.ToString());
            json.WriteString("text", count.Text);
            json.WriteNumber("connections", count.Connections);
            json.WriteNumber("bytes", count.Bytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (var step in check.Found?.Steps ?? [])
            json.WriteStringValue(step);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
