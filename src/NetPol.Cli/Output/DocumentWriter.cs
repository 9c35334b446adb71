using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Cli.CommandLine;

namespace NetPol.Cli.Output;

/// <summary>Writes documents as JSON or YAML, in UTF-8.</summary>
internal static class DocumentWriter
{
    private static readonly JsonSerializerOptions Line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document to standard output, as JSON over several lines or as YAML.</summary>
    public static void Write(OutputFormat format, Document document)
    {
        using var stdout = Console.OpenStandardOutput();
        Write(stdout, format, document);
    }

    /// <summary>Writes a list to standard output, as JSON with one item a line or as YAML.</summary>
    public static void WriteList<T>(OutputFormat format, ListDocument<T> list)
    {
        using var stdout = Console.OpenStandardOutput();
        WriteList(stdout, format, list);
    }

    public static void Write(Stream output, OutputFormat format, Document document)
    {
        if (format == OutputFormat.Yaml)
        {
            output.Write(Encoding.UTF8.GetBytes(Yaml.Write(JsonSerializer.SerializeToNode(document, document.GetType(), document.Options(isIndented: false))!)));
            return;
        }
        JsonSerializer.Serialize(output, document, document.GetType(), document.Options(isIndented: true));
        output.WriteByte((byte)'\n');
    }

    public static void WriteList<T>(Stream output, OutputFormat format, ListDocument<T> list)
    {
        if (format == OutputFormat.Yaml)
        {
            Write(output, format, list);
            return;
        }
        output.Write(Encoding.UTF8.GetBytes($"{{\n  \"apiVersion\": \"{list.ApiVersion}\",\n  \"kind\": \"{list.Kind}\",\n  \"items\": ["));
        var options = list.Options(isIndented: false);
        for (var i = 0; i < list.Items.Count; i++)
        {
            output.Write(i == 0 ? "\n    "u8 : ",\n    "u8);
            JsonSerializer.Serialize(output, list.Items[i], options);
        }
        output.Write(list.Items.Count == 0 ? "]\n}\n"u8 : "\n  ]\n}\n"u8);
    }

    /// <summary>Writes one document of a stream: as JSON in one line, as YAML after a separator.</summary>
    /// <param name="output">The stream.</param>
    /// <param name="format">JSON or YAML.</param>
    /// <param name="kind">The document's kind.</param>
    /// <param name="fields">The JSON object with the fields of the document.</param>
    public static void WriteNext(Stream output, OutputFormat format, string kind, ReadOnlySpan<byte> fields)
    {
        var document = new JsonObject { ["apiVersion"] = Document.Version, ["kind"] = kind };
        var body = JsonNode.Parse(fields)!.AsObject();
        foreach (var (name, value) in body.ToList())
        {
            body.Remove(name);
            document.Add(name, value);
        }
        output.Write(Encoding.UTF8.GetBytes(format == OutputFormat.Yaml ? $"---\n{Yaml.Write(document)}" : $"{document.ToJsonString(Line)}\n"));
    }
}
