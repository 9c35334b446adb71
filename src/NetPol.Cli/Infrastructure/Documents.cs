using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace NetPol.Cli.Infrastructure;

/// <summary>A JSON or YAML document of the command line. The schemas of all documents are in docs/reference/schemas.</summary>
internal abstract record Document
{
    /// <summary>The version of the documents' fields.</summary>
    public const string Version = "cli.netpol.io/v1";

    private readonly IJsonTypeInfoResolver _serializers;

    /// <param name="kind">The name of the schema.</param>
    /// <param name="serializers">The generated serializers of the document and its parts.</param>
    protected Document(string kind, IJsonTypeInfoResolver serializers) => (Kind, _serializers) = (kind, serializers);

    [JsonPropertyOrder(-2)]
    public string ApiVersion => Version;

    /// <summary>The name of the document's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; }

    /// <summary>Returns the serializer settings of all documents: camel case for names and enum values, without escapes that only HTML needs.</summary>
    public JsonSerializerOptions Options(bool isIndented) => new()
    {
        TypeInfoResolver = _serializers,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        WriteIndented = isIndented,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}

/// <summary>A document with a list of items. Its JSON has one item per line.</summary>
internal abstract record ListDocument<T> : Document
{
    protected ListDocument(string kind, IJsonTypeInfoResolver serializers)
        : base(kind, serializers)
    {
    }

    public abstract IReadOnlyList<T> Items { get; init; }
}

/// <summary>Writes documents as JSON or YAML, in UTF-8.</summary>
internal static class DocumentWriter
{
    private static readonly JsonSerializerOptions Line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a document to standard output, as multi-line JSON or as YAML.</summary>
    public static void Write(OutputFormat format, Document document)
    {
        using var stdout = Console.OpenStandardOutput();
        Write(stdout, format, document);
    }

    /// <summary>Writes a list to standard output, as JSON with one item per line or as YAML.</summary>
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

    /// <summary>Writes one document of a stream: JSON on one line, or YAML after a separator.</summary>
    public static void WriteNext(Stream output, OutputFormat format, Document document)
    {
        if (format == OutputFormat.Yaml)
        {
            output.Write("---\n"u8);
            Write(output, format, document);
            return;
        }
        JsonSerializer.Serialize(output, document, document.GetType(), document.Options(isIndented: false));
        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes one document of a stream: JSON on one line, or YAML after a separator.</summary>
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

/// <summary>Writes JSON as block YAML, in the order of the fields. Quotes strings that YAML could read as another type, as JSON does.</summary>
internal static partial class Yaml
{
    /// <summary>Returns the YAML text, ending with a line feed.</summary>
    public static string Write(JsonNode node)
    {
        var text = new StringBuilder();
        WriteBlock(text, node, 0);
        return text.ToString();
    }

    private static void WriteBlock(StringBuilder text, JsonNode node, int indent)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                text.Append(' ', indent).Append('-');
                if (IsEmpty(item))
                {
                    text.Append(' ').Append(Scalar(item)).Append('\n');
                }
                else
                {
                    // The first field follows the dash on the same line.
                    var start = text.Append(' ').Length;
                    WriteBlock(text, item!, indent + 2);
                    text.Remove(start, indent + 2);
                }
            }
            return;
        }
        foreach (var (name, value) in node.AsObject())
        {
            text.Append(' ', indent).Append(Text(name)).Append(':');
            if (IsEmpty(value))
                text.Append(' ').Append(Scalar(value)).Append('\n');
            else
                WriteBlock(text.Append('\n'), value!, value is JsonArray ? indent : indent + 2);
        }
    }

    /// <summary>Returns whether the value is on the same line as its name.</summary>
    private static bool IsEmpty(JsonNode? node) => node is null or JsonValue or JsonArray { Count: 0 } or JsonObject { Count: 0 };

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonArray => "[]",
        JsonObject => "{}",
        _ when node.GetValueKind() == JsonValueKind.String => Text(node.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    private static string Text(string text) =>
        PlainText().IsMatch(text) && !ReservedWord().IsMatch(text) ? text : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_./-]*\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PlainText();

    [GeneratedRegex(@"\A(true|false|yes|no|on|off|y|n|null)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ReservedWord();
}
