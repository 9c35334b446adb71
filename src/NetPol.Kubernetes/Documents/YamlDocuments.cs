using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetPol.Kubernetes.Documents;

/// <summary>
/// Reads the documents of a YAML text. A <c>---</c> line starts a new document wherever it stands, so a fault in one document does not
/// hide the others. Empty documents are left out.
/// </summary>
internal static class YamlDocuments
{
    public static IEnumerable<DocumentNode> Read(string text, DocumentLimits limits, DocumentFaults faults)
    {
        foreach (var (part, line) in Split(text))
        {
            foreach (var document in ReadPart(part, line, limits, faults))
                yield return document;
        }
    }

    /// <summary>The texts between the <c>---</c> lines, each with the number of lines before it.</summary>
    private static IEnumerable<(string Text, int Line)> Split(string text)
    {
        int start = 0, startLine = 0, line = 0, at = 0;
        while (at < text.Length)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            if (IsMarker(text.AsSpan(at, next - at)) && at > start)
            {
                if (!IsDirectivesOnly(text.AsSpan(start, at - start)))
                    yield return (text[start..at], startLine);
                (start, startLine) = (at, line);
            }
            at = next;
            line++;
        }
        if (start < text.Length)
            yield return (text[start..], startLine);
    }

    private static bool IsMarker(ReadOnlySpan<char> line) =>
        line.StartsWith("---", StringComparison.Ordinal) && (line.Length == 3 || char.IsWhiteSpace(line[3]));

    private static bool IsDirectivesOnly(ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (!line.IsWhiteSpace() && line[0] is not ('%' or '#'))
                return false;
        }
        return true;
    }

    private static List<DocumentNode> ReadPart(string text, int lineOffset, DocumentLimits limits, DocumentFaults faults)
    {
        var documents = new List<DocumentNode>();
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        var builder = new TreeBuilder(limits, faults);
        while (!builder.Failed && Next(parser, lineOffset, faults))
        {
            if (parser.Current is DocumentStart)
                builder = new TreeBuilder(limits, faults);
            else if (parser.Current is DocumentEnd && builder.Root is { } root and not ScalarNode { Kind: ScalarKind.Null })
                documents.Add(root);
            else
                Take(parser.Current!, builder, lineOffset);
        }
        return documents;
    }

    /// <summary>False at the end, and at a fault, which is reported.</summary>
    private static bool Next(Parser parser, int lineOffset, DocumentFaults faults)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException exception)
        {
            faults.Error("malformed-yaml", lineOffset + (int)exception.Start.Line, $"this is not YAML: {Reason(exception)}");
        }
        catch (ArgumentException)
        {
            faults.Error("malformed-yaml", lineOffset + (int)(parser.Current?.End.Line ?? 1), "this is not YAML from here on: a tag, which begins with !, is no URI: leave it out");
        }
        catch (InvalidOperationException)
        {
            // The scanner loses count of its tokens on some malformed flow mappings.
            faults.Error("malformed-yaml", lineOffset + (int)(parser.Current?.End.Line ?? 1), "this is not YAML: brackets, braces and colons do not fit together from here on");
        }
        return false;
    }

    private static void Take(ParsingEvent current, TreeBuilder builder, int lineOffset)
    {
        var line = lineOffset + (int)current.Start.Line;
        switch (current)
        {
            case MappingStart mapping:
                CheckTag(mapping, builder, line, "map");
                builder.StartMapping(line, Anchor(mapping));
                break;
            case SequenceStart sequence:
                CheckTag(sequence, builder, line, "seq");
                builder.StartSequence(line, Anchor(sequence));
                break;
            case MappingEnd or SequenceEnd:
                builder.End();
                break;
            case AnchorAlias alias when builder.AwaitsKey:
                builder.Fail("malformed-yaml", line, $"the alias *{alias.Value.Value} stands where a key does: write the key out");
                break;
            case AnchorAlias alias:
                builder.Alias(line, alias.Value.Value);
                break;
            case Scalar scalar when builder.AwaitsKey:
                builder.Key(line, scalar.Value, isMerge: scalar is { Style: ScalarStyle.Plain, Value: "<<" });
                break;
            case Scalar scalar:
                builder.Scalar(line, scalar.Value, KindOf(scalar, builder, line), Anchor(scalar));
                break;
            default:
                break;
        }
    }

    private static string? Anchor(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

    private static ScalarKind KindOf(Scalar scalar, TreeBuilder builder, int line)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
            return scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true } ? YamlScalars.Resolve(scalar.Value) : ScalarKind.Text;
        var resolved = YamlScalars.Resolve(scalar.Value);
        ScalarKind? wanted = scalar.Tag.Value switch
        {
            "tag:yaml.org,2002:str" => ScalarKind.Text,
            "tag:yaml.org,2002:int" => ScalarKind.Integer,
            "tag:yaml.org,2002:float" => ScalarKind.Fraction,
            "tag:yaml.org,2002:bool" => ScalarKind.Flag,
            "tag:yaml.org,2002:null" => ScalarKind.Null,
            _ => null,
        };
        if (wanted is { } kind && (kind == ScalarKind.Text || kind == resolved))
            return kind;
        builder.Fail("malformed-yaml", line, $"the tag {scalar.Tag.Value} does not fit here: leave it out");
        return ScalarKind.Text;
    }

    private static void CheckTag(NodeEvent node, TreeBuilder builder, int line, string expected)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !string.Equals(node.Tag.Value, $"tag:yaml.org,2002:{expected}", StringComparison.Ordinal))
            builder.Fail("malformed-yaml", line, $"the tag {node.Tag.Value} does not fit here: leave it out");
    }

    private static string Reason(YamlException exception)
    {
        var message = exception.Message.ReplaceLineEndings(" ");
        var tab = message.Contains("tab", StringComparison.OrdinalIgnoreCase) || message.Contains("cannot start any token", StringComparison.Ordinal);
        return tab ? $"{message} (indent with spaces, never with tabs)" : message;
    }
}
