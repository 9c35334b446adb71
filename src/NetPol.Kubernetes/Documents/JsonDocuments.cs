using System.Text;
using System.Text.Json;

namespace NetPol.Kubernetes.Documents;

/// <summary>Reads the JSON values of a text, one after the other. Nulls are left out.</summary>
internal static class JsonDocuments
{
    /// <summary>What was read before the fault, if there is one, which is reported.</summary>
    public static List<DocumentNode> Read(string text, DocumentLimits limits, DocumentFaults faults) => Read(Encoding.UTF8.GetBytes(text), limits, faults);

    /// <summary>What was read before the fault, if there is one, which is reported.</summary>
    public static List<DocumentNode> Read(ReadOnlyMemory<byte> utf8, DocumentLimits limits, DocumentFaults faults)
    {
        var documents = new List<DocumentNode>();
        var lines = new LineCounter(utf8);
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = limits.Depth + 1 });
        try
        {
            var builder = new TreeBuilder(limits, faults);
            while (!builder.Failed && reader.Read())
            {
                Take(ref reader, builder, lines.At(reader.TokenStartIndex));
                if (builder.Root is null)
                    continue;
                if (builder.Root is not ScalarNode { Kind: ScalarKind.Null })
                    documents.Add(builder.Root);
                builder = new TreeBuilder(limits, faults);
            }
        }
        catch (JsonException exception)
        {
            var reason = exception.Message.Split(" LineNumber:", 2)[0];
            faults.Error("malformed-json", (int)(exception.LineNumber ?? 0) + 1, $"this is not JSON: {reason}");
        }
        catch (InvalidOperationException)
        {
            faults.Error("malformed-json", lines.At(reader.TokenStartIndex), "this is not JSON: a string holds half of a surrogate pair");
        }
        return documents;
    }

    private static void Take(ref Utf8JsonReader reader, TreeBuilder builder, int line)
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
                builder.End();
                break;
            case JsonTokenType.PropertyName:
                builder.Key(line, reader.GetString()!);
                break;
            case JsonTokenType.String:
                builder.Scalar(line, reader.GetString()!, ScalarKind.Text);
                break;
            case JsonTokenType.Number:
                var number = Encoding.UTF8.GetString(reader.ValueSpan);
                builder.Scalar(line, number, number.AsSpan().ContainsAny(".eE") ? ScalarKind.Fraction : ScalarKind.Integer);
                break;
            case JsonTokenType.Null:
                builder.Scalar(line, "null", ScalarKind.Null);
                break;
            default:
                builder.Scalar(line, reader.TokenType == JsonTokenType.True ? "true" : "false", ScalarKind.Flag);
                break;
        }
    }

    private sealed class LineCounter(ReadOnlyMemory<byte> utf8)
    {
        private int _at;
        private int _line = 1;

        /// <summary>The line of an index that is not before the last one asked for.</summary>
        public int At(long index)
        {
            _line += utf8.Span[_at..(int)index].Count((byte)'\n');
            _at = (int)index;
            return _line;
        }
    }
}
