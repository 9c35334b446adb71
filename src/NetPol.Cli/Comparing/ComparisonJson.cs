using System.Text.Json;
using NetPol.Cli.Explaining;
using NetPol.Cli.Matrices;
using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Comparing;

/// <summary>A comparison as data: the same keys in the same order for every row.</summary>
internal static class ComparisonJson
{
    public static void Write(Utf8JsonWriter json, ClusterComparison comparison)
    {
        json.WriteStartObject();
        json.WriteStartArray("changes");
        foreach (var row in ChangeRow.Of(comparison))
            WriteRow(json, row);
        json.WriteEndArray();
        WriteNames(json, "newPods", comparison.NewPods.Select(p => p.ToString()));
        WriteNames(json, "gonePods", comparison.GonePods.Select(p => p.ToString()));
        WriteNames(json, "movedPods", comparison.MovedPods.Select(p => p.ToString()));
        WriteNames(json, "newNodes", comparison.NewNodes);
        WriteNames(json, "goneNodes", comparison.GoneNodes);
        json.WriteEndObject();
    }

    /// <summary>
    /// <c>each</c> names namespaces of each of which the row is said; in <c>from</c> and <c>to</c> of such a row the namespace is written as
    /// <c>.</c>, and what a workload's pods number is 0.
    /// </summary>
    private static void WriteRow(Utf8JsonWriter json, ChangeRow row)
    {
        json.WriteStartObject();
        json.WriteString("change", Words.Camel(row.Kind.ToString()));
        json.WriteString("counterpart", Words.Camel(row.Counterpart.ToString()));
        json.WriteString("family", row.Family switch { IpFamily.V4 => "IPv4", IpFamily.V6 => "IPv6", _ => null });
        json.WriteStartArray("ports");
        foreach (var (protocol, range) in row.Ports.Ranges)
        {
            json.WriteStartObject();
            json.WriteString("protocol", protocol.Name());
            json.WriteNumber("first", range.First);
            json.WriteNumber("last", range.Last);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBoolean("protocolsWithoutPorts", row.Ports.HasOthers);
        WriteNames(json, "each", row.Each);
        WriteParties(json, "from", row.From);
        WriteParties(json, "to", row.To);
        WriteDecisions(json, "before", row.Before);
        WriteDecisions(json, "after", row.After);
        json.WriteEndObject();
    }

    /// <summary>Each of the three is null when there is none of its kind; with <c>allBut</c> everything of the kind is meant that is not named.</summary>
    private static void WriteParties(Utf8JsonWriter json, string name, Parties parties)
    {
        json.WriteStartObject(name);
        if (parties.Pods is { } pods)
            WritePods(json, pods);
        else
            json.WriteNull("pods");
        WriteNamed(json, "nodes", parties.Nodes);
        WriteNamed(json, "outside", parties.Outside);
        json.WriteEndObject();
    }

    private static void WritePods(Utf8JsonWriter json, PodParties pods)
    {
        json.WriteStartObject("pods");
        json.WriteBoolean("allBut", pods.AllBut);
        WriteNames(json, "namespaces", pods.Namespaces);
        json.WriteStartArray("workloads");
        foreach (var workload in pods.Workloads)
        {
            json.WriteStartObject();
            json.WriteString("namespace", workload.Namespace);
            json.WriteString("name", workload.Name);
            json.WriteNumber("pods", workload.Pods);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, string name, NameParties? parties)
    {
        if (parties is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteBoolean("allBut", parties.AllBut);
        WriteNames(json, "names", parties.Names);
        json.WriteEndObject();
    }

    private static void WriteDecisions(Utf8JsonWriter json, string name, ValueArray<Decision> decisions)
    {
        json.WriteStartArray(name);
        foreach (var decision in decisions)
        {
            json.WriteStartObject();
            json.WriteString("direction", decision.Direction.ToString().ToLowerInvariant());
            MatrixJson.WriteDecisionFields(json, decision);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IEnumerable<string> names)
    {
        json.WriteStartArray(name);
        foreach (var item in names)
            json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
