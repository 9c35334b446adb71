using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NetPol.Cli.Output;

/// <summary>Writes JSON as block YAML, in the order of the fields. Strings that YAML could read as something else are quoted as in JSON.</summary>
internal static partial class Yaml
{
    /// <summary>The YAML text, ending with a line feed.</summary>
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
                    // The first field stands behind the dash.
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

    /// <summary>Whether the value stands in the line of its name.</summary>
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
