using System.Text.Json;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Diff;

/// <summary>
/// Writes a comparison as an HTML page. Its data are the endpoint groups and their changes; the script in the page expands them to rows and columns.
/// So the size of the page grows with pods and changes, not with pairs of pods.
/// </summary>
internal static class DiffHtml
{
    public static void Write(Stream output, ClusterDiff comparison) => HtmlPage.Write(output, "comparison.html", json => WriteData(json, comparison));

    private static void WriteData(Utf8JsonWriter json, ClusterDiff comparison)
    {
        json.WriteStartObject();
        WriteEnds(json, HtmlAxisEntry.Create(comparison.Groups, new(comparison.Groups)));
        WriteChanges(json, comparison.Changes);
        json.WriteStartArray("rows");
        foreach (var row in ChangeRow.Create(comparison))
            WriteRow(json, row);
        json.WriteEndArray();
        json.WriteStartArray("others");
        WriteOthers(json, "new pods", comparison.AddedPods.Select(p => p.ToString()));
        WriteOthers(json, "deleted pods", comparison.RemovedPods.Select(p => p.ToString()));
        WriteOthers(json, "pods that another node runs (not compared with these nodes)", comparison.MovedPods.Select(p => p.ToString()));
        WriteOthers(json, "new nodes", comparison.AddedNodes);
        WriteOthers(json, "deleted nodes", comparison.RemovedNodes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteEnds(Utf8JsonWriter json, ValueArray<HtmlAxisEntry> ends)
    {
        var nodes = new IndexedSet<string>();
        json.WriteStartArray("ends");
        foreach (var end in ends)
        {
            json.WriteStartObject();
            json.WriteString("kind", Describe.CamelCase(end.Kind.ToString()));
            json.WriteString("namespace", end.Namespace);
            json.WriteString("name", end.Name);
            json.WriteStartArray("parts");
            foreach (var part in end.Parts)
                WritePart(json, part, end.Kind == HtmlAxisEntryType.Workload && end.Parts.Count > 1, nodes);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>Writes one part of a row. Nodes are numbers, because the page only compares them. Pods have names if the pods of a workload differ.</summary>
    private static void WritePart(Utf8JsonWriter json, HtmlAxisEntryPart part, bool isNamed, IndexedSet<string> nodes)
    {
        json.WriteStartObject();
        json.WriteNumber("group", part.Group);
        json.WriteNumber("count", part.Count);
        WriteNumbers(json, "nodes", part.Nodes.Select(nodes.IndexOf));
        if (isNamed)
            WriteNames(json, "names", part.Names);
        json.WriteEndObject();
    }

    private static void WriteChanges(Utf8JsonWriter json, ValueArray<ConnectionChange> changes)
    {
        var deciders = new IndexedSet<HtmlDecider>();
        json.WriteStartArray("changes");
        foreach (var change in changes)
            WriteChange(json, change, deciders);
        json.WriteEndArray();
        json.WriteStartArray("deciders");
        foreach (var decider in deciders.Items)
        {
            json.WriteStartObject();
            json.WriteString("side", decider.Direction == Direction.Egress ? "from" : "to");
            json.WriteString("namespace", decider.Namespace);
            json.WriteBoolean("isolates", decider.Isolates);
            json.WriteString("text", decider.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteChange(Utf8JsonWriter json, ConnectionChange change, IndexedSet<HtmlDecider> deciders)
    {
        json.WriteStartObject();
        json.WriteString("change", Describe.CamelCase(change.Type.ToString()));
        json.WriteString("scope", Describe.CamelCase(change.Destination.ToString()));
        json.WriteString("ports", ChangeText.Ports(change.Ports, change.Family));
        WriteNumbers(json, "from", Runs(change.From));
        WriteNumbers(json, "to", Runs(change.To));
        WriteNumbers(json, "before", change.Before.SelectMany(HtmlDecider.Create).Distinct().Select(deciders.IndexOf));
        WriteNumbers(json, "after", change.After.SelectMany(HtmlDecider.Create).Distinct().Select(deciders.IndexOf));
        json.WriteEndObject();
    }

    /// <summary>Returns ascending numbers as the first and the last number of each run.</summary>
    private static IEnumerable<int> Runs(ValueArray<int> places)
    {
        for (var i = 0; i < places.Count; i++)
        {
            if (i == 0 || places[i - 1] != places[i] - 1)
                yield return places[i];
            if (i == places.Count - 1 || places[i + 1] != places[i] + 1)
                yield return places[i];
        }
    }

    private static void WriteRow(Utf8JsonWriter json, ChangeRow row)
    {
        json.WriteStartObject();
        json.WriteString("change", Describe.CamelCase(row.Kind.ToString()));
        json.WriteString("ports", ChangeText.Ports(row.Ports, row.Family));
        json.WriteString("from", ChangeText.From(row));
        json.WriteString("to", ChangeText.To(row));
        json.WriteString("each", ChangeText.Each(row));
        json.WriteString("before", ChangeText.Deciders(row.Before));
        json.WriteString("after", ChangeText.Deciders(row.After));
        WriteNumbers(json, "changes", row.Changes);
        json.WriteEndObject();
    }

    private static void WriteOthers(Utf8JsonWriter json, string title, IEnumerable<string> names)
    {
        json.WriteStartObject();
        json.WriteString("title", title);
        WriteNames(json, "names", names);
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, string name, IEnumerable<string> names)
    {
        json.WriteStartArray(name);
        foreach (var item in names)
            json.WriteStringValue(item);
        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}

/// <summary>A deciding policy as the page shows it.</summary>
/// <param name="Direction">The side of the connection.</param>
/// <param name="Namespace">The only namespace of the pods that it decides for; empty when it can be any namespace.</param>
/// <param name="Isolates">Whether it decides by isolation, alone or with others, instead of by a rule.</param>
/// <param name="Text">The policy and its rule; the policy alone if it isolates.</param>
internal sealed record HtmlDecider(Direction Direction, string Namespace, bool Isolates, string Text)
{
    /// <param name="decision">A decision by one policy, or by several that isolate.</param>
    public static IEnumerable<HtmlDecider> Create(Decision decision) => decision.Policy is { } policy
        ? [new(decision.Direction, policy.Namespace, false, ChangeText.Deciders([decision])!)]
        : decision.IsolatedBy.Select(isolating => new HtmlDecider(decision.Direction, isolating.Namespace, true, isolating.QualifiedName));
}
