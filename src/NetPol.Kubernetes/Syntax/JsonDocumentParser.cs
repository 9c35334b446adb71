using System.Text;
using System.Text.Json;

namespace NetPol.Kubernetes.Syntax;

/// <summary>Reads the JSON values of a text, one after the other. Nulls are left out.</summary>
internal static class JsonDocumentParser
{
    /// <summary>Returns the part before the first fault, and reports the fault.</summary>
    public static List<DocumentNode> Parse(string text, DocumentLimits limits, SyntaxErrors faults) => Parse(Encoding.UTF8.GetBytes(text), limits, faults);

    /// <summary>Returns the part before the first fault, and reports the fault.</summary>
    public static List<DocumentNode> Parse(ReadOnlyMemory<byte> utf8, DocumentLimits limits, SyntaxErrors faults)
    {
        var documents = new List<DocumentNode>();
        var lines = new LineCounter(utf8);
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = limits.Depth + 1 });
        try
        {
            var builder = new DocumentBuilder(limits, faults);
            while (!builder.HasFailed && reader.Read())
            {
                Append(ref reader, builder, lines.LineAt(reader.TokenStartIndex));
                if (builder.Root is null)
                    continue;
                if (builder.Root is not ScalarNode { Type: ScalarType.Null })
                    documents.Add(builder.Root);
                builder = new DocumentBuilder(limits, faults);
            }
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:", 2)[0];
            faults.Error("malformed-json", (int)(exception.LineNumber ?? 0) + 1, $"this is not JSON: {reason}");
        }
        catch (InvalidOperationException)
        {
            faults.Error("malformed-json", lines.LineAt(reader.TokenStartIndex), "this is not JSON: a string holds half of a surrogate pair");
        }
        return documents;
    }

    private static void Append(ref Utf8JsonReader reader, DocumentBuilder builder, int line)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                builder.StartMapping(line);
                break;
            case JsonTokenType.StartArray:
                builder.StartSequence(line);
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                builder.EndContainer();
                break;
            case JsonTokenType.PropertyName:
                builder.AddKey(line, reader.GetString()!);
                break;
            case JsonTokenType.String:
                builder.AddScalar(line, reader.GetString()!, ScalarType.Text);
                break;
            case JsonTokenType.Number:
                var number = Encoding.UTF8.GetString(reader.ValueSpan);
                builder.AddScalar(line, number, number.AsSpan().ContainsAny(".eE") ? ScalarType.Float : ScalarType.Integer);
                break;
            case JsonTokenType.Null:
                builder.AddScalar(line, "null", ScalarType.Null);
                break;
            default:
                builder.AddScalar(line, reader.TokenType == JsonTokenType.True ? "true" : "false", ScalarType.Boolean);
                break;
        }
    }

    private sealed class LineCounter(ReadOnlyMemory<byte> utf8)
    {
        private int _at;
        private int _line = 1;

        /// <summary>The line of an index that is not before the last one asked for.</summary>
        public int LineAt(long index)
        {
            _line += utf8.Span[_at..(int)index].Count((byte)'\n');
            _at = (int)index;
            return _line;
        }
    }
}
