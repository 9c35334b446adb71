using System.Text.Json;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Matrix;

/// <summary>Writes the matrix as an HTML page.</summary>
internal static class MatrixHtml
{
    public static void Write(Stream output, ConnectivityMatrix matrix) => HtmlPage.Write(output, "matrix.html", json => WriteData(json, matrix));

    private static void WriteData(Utf8JsonWriter json, ConnectivityMatrix matrix)
    {
        json.WriteStartObject();
        json.WriteStartArray("endpoints");
        foreach (var endpoint in matrix.Endpoints)
        {
            json.WriteStartObject();
            json.WriteString("namespace", endpoint.Pod?.Id.Namespace);
            json.WriteString("name", endpoint.Pod?.Id.Name ?? endpoint.Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("ports");
        foreach (var port in matrix.Ports)
            json.WriteStringValue(port.ToString());
        json.WriteEndArray();

        var decisions = matrix.Entries.SelectMany(e => new[] { e.Verdict.Egress, e.Verdict.Ingress }).DistinctBy(d => d.Id).ToList();
        var indexes = decisions.Select((d, index) => (d.Id, index)).ToDictionary(d => d.Id, d => d.index);
        json.WriteStartArray("decisions");
        foreach (var decision in decisions)
        {
            json.WriteStartObject();
            json.WriteString("verdict", Describe.Action(decision.Verdict));
            json.WriteString("by", By(decision));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteVerdicts(json, matrix, indexes);
        json.WriteEndObject();
    }

    /// <summary>Writes one flat list per port, by source and then destination: the numbers of the egress and ingress decisions, or -1 twice without an entry.</summary>
    private static void WriteVerdicts(Utf8JsonWriter json, ConnectivityMatrix matrix, Dictionary<DecisionId, int> indexes)
    {
        json.WriteStartArray("verdicts");
        foreach (var port in matrix.Ports)
        {
            json.WriteStartArray();
            foreach (var from in matrix.Endpoints)
            {
                foreach (var to in matrix.Endpoints)
                {
                    var verdict = matrix[from, to, port]?.Verdict;
                    json.WriteNumberValue(verdict is null ? -1 : indexes[verdict.Egress.Id]);
                    json.WriteNumberValue(verdict is null ? -1 : indexes[verdict.Ingress.Id]);
                }
            }
            json.WriteEndArray();
        }
        json.WriteEndArray();
    }

    private static string By(Decision decision)
    {
        if (decision.Policy is { } policy)
            return $"{policy}, rule {decision.RuleName ?? decision.RuleIndex!.Value.ToString()} (tier {decision.Tier})";
        return decision.IsolatedBy.IsEmpty
            ? "no policy applies"
            : $"isolated by NetworkPolicy {string.Join(", ", decision.IsolatedBy.Select(p => p.QualifiedName))}, and no rule allows it";
    }
}
