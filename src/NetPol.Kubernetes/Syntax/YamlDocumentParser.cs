using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetPol.Kubernetes.Syntax;

/// <summary>
/// Reads the documents of a YAML text. A <c>---</c> line starts a new document wherever it stands, so a fault in one document does not
/// hide the others. Empty documents are left out.
/// </summary>
internal static class YamlDocumentParser
{
    public static IEnumerable<DocumentNode> Parse(string text, DocumentLimits limits, SyntaxErrors faults)
    {
        foreach (var (part, line) in Split(text))
        {
            foreach (var document in ParsePart(part, line, limits, faults))
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

    private static List<DocumentNode> ParsePart(string text, int lineOffset, DocumentLimits limits, SyntaxErrors faults)
    {
        var documents = new List<DocumentNode>();
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        var builder = new DocumentBuilder(limits, faults);
        var tabs = new YamlTabs(text);
        while (!builder.HasFailed && TryMoveNext(parser, text, lineOffset, faults))
        {
            tabs.Track(parser.Current!);
            if (parser.Current is DocumentStart)
                builder = new DocumentBuilder(limits, faults);
            else if (parser.Current is DocumentEnd && builder.Root is { } root and not ScalarNode { Type: ScalarType.Null })
                documents.Add(root);
            else
                Append(parser.Current!, builder, lineOffset);
        }
        if (tabs.FindMisplaced() is { } line)
            faults.Error("malformed-yaml", lineOffset + line, $"this is not YAML: {YamlTabs.Advice}");
        return documents;
    }

    /// <summary>False at the end, and at a fault, which is reported.</summary>
    private static bool TryMoveNext(Parser parser, string text, int lineOffset, SyntaxErrors faults)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException exception)
        {
            faults.Error("malformed-yaml", lineOffset + LineOf(exception, parser, text), $"this is not YAML: {Describe(exception, text, lineOffset)}");
        }
        catch (ArgumentException)
        {
            faults.Error("malformed-yaml", lineOffset + (int)(parser.Current?.End.Line ?? 1), "this is not YAML from here on: a tag, which begins with !, is not a URI: leave it out");
        }
        catch (InvalidOperationException)
        {
            // The scanner loses count of its tokens on some malformed flow mappings.
            faults.Error("malformed-yaml", lineOffset + (int)(parser.Current?.End.Line ?? 1), "this is not YAML: brackets, braces and colons do not fit together from here on");
        }
        return false;
    }

    private static void Append(ParsingEvent current, DocumentBuilder builder, int lineOffset)
    {
        var line = lineOffset + (int)current.Start.Line;
        switch (current)
        {
            case MappingStart mapping:
                CheckTag(mapping, builder, line, "map");
                builder.StartMapping(line, AnchorOf(mapping));
                break;
            case SequenceStart sequence:
                CheckTag(sequence, builder, line, "seq");
                builder.StartSequence(line, AnchorOf(sequence));
                break;
            case MappingEnd or SequenceEnd:
                builder.EndContainer();
                break;
            case AnchorAlias alias when builder.AwaitsKey:
                builder.Fail("malformed-yaml", line, $"the alias *{alias.Value.Value} stands where a key does: write the key out");
                break;
            case AnchorAlias alias:
                builder.AddAlias(line, alias.Value.Value);
                break;
            case Scalar scalar when builder.AwaitsKey:
                builder.AddKey(line, KeyOf(scalar, builder, line), isMerge: scalar is { Style: ScalarStyle.Plain, Value: "<<" });
                break;
            case Scalar scalar:
                builder.AddScalar(line, scalar.Value, TypeOf(scalar, builder, line), AnchorOf(scalar));
                break;
            default:
                break;
        }
    }

    private static string? AnchorOf(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

    private static ScalarType TypeOf(Scalar scalar, DocumentBuilder builder, int line)
    {
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
            return scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true } ? YamlScalars.Resolve(scalar.Value) : ScalarType.Text;
        var resolved = YamlScalars.Resolve(scalar.Value);
        ScalarType? wanted = scalar.Tag.Value switch
        {
            "tag:yaml.org,2002:str" => ScalarType.Text,
            "tag:yaml.org,2002:int" => ScalarType.Integer,
            "tag:yaml.org,2002:float" => ScalarType.Float,
            "tag:yaml.org,2002:bool" => ScalarType.Boolean,
            "tag:yaml.org,2002:null" => ScalarType.Null,
            _ => null,
        };
        if (wanted is { } kind && (kind == ScalarType.Text || kind == resolved))
            return kind;
        builder.Fail("malformed-yaml", line, $"the tag {scalar.Tag.Value} does not fit here: leave it out");
        return ScalarType.Text;
    }

    private static void CheckTag(NodeEvent node, DocumentBuilder builder, int line, string expected)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !string.Equals(node.Tag.Value, $"tag:yaml.org,2002:{expected}", StringComparison.Ordinal))
            builder.Fail("malformed-yaml", line, $"the tag {node.Tag.Value} does not fit here: leave it out");
    }

    /// <summary>
    /// The key as kubectl's decoding to JSON writes it: <c>on</c> is <c>true</c>, <c>0x50</c> is <c>80</c>.
    /// </summary>
    private static string KeyOf(Scalar scalar, DocumentBuilder builder, int line)
    {
        switch (TypeOf(scalar, builder, line))
        {
            case ScalarType.Boolean:
                return YamlScalars.TryParseBoolean(scalar.Value, out var value) && value ? "true" : "false";
            case ScalarType.Integer when YamlScalars.TryParseInteger(scalar.Value, out var number):
                return number.ToString(CultureInfo.InvariantCulture);
            case ScalarType.Float when float.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e6:
                return number.ToString(CultureInfo.InvariantCulture);
            case ScalarType.Null:
                builder.Fail("malformed-yaml", line, "a key is nothing: write a name as the key, in quotes if it is null or ~");
                return "";
            default:
                return scalar.Value;
        }
    }

    /// <summary>The line that kubectl names: for what its parser expected, and did not find, the one before.</summary>
    private static int LineOf(YamlException exception, Parser parser, string text)
    {
        if (exception.Message.Contains("invalid tab as indentation", StringComparison.Ordinal))
            return YamlTabs.FindInIndentation(text, (int)(parser.Current?.End.Line ?? 1)) ?? (int)exception.End.Line;
        if (exception.Message.Contains("unexpected end of stream", StringComparison.Ordinal))
            return LastLineOf(text) + 1;
        if (exception.Message.Contains("double-quoted scalar, found wrong indentation", StringComparison.Ordinal))
            return LineOfQuote(text, (int)exception.Start.Index) ?? (int)exception.End.Line;
        var isOfParser = exception.Message.Contains("did not find expected", StringComparison.Ordinal) && !exception.Message.StartsWith("While scanning", StringComparison.Ordinal);
        return isOfParser ? Math.Max(1, (int)exception.End.Line - 1) : (int)exception.End.Line;
    }

    /// <summary>
    /// The line that kubectl names for a quoted text over several lines: the end of the text where no quote closes it, else the line before the quote that
    /// does. Null where only the indentation is wrong, which kubectl accepts.
    /// </summary>
    private static int? LineOfQuote(string text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == '"')
                return text.AsSpan(at + 1).TrimStart(' ') is [] or ['\r' or '\n' or '#', ..] ? null : Math.Max(1, text.AsSpan(0, at).Count('\n'));
        }
        return LastLineOf(text) + 1;
    }

    private static int LastLineOf(string text) => text.AsSpan().TrimEnd('\n').Count('\n') + 1;

    private static string Describe(YamlException exception, string text, int lineOffset)
    {
        var message = exception.Message.ReplaceLineEndings(" ");
        if (message.Contains("tab", StringComparison.OrdinalIgnoreCase))
            return $"{message} ({YamlTabs.Advice})";
        if (message.Contains("quoted scalar, found", StringComparison.Ordinal))
            return $"{message} The quote opens on line {lineOffset + exception.Start.Line}: close it there";
        if (!message.Contains("cannot start any token", StringComparison.Ordinal))
            return message;
        var first = text.ElementAtOrDefault((int)exception.Start.Index);
        return first is '\t' ? YamlTabs.Advice : $"no value starts with {first}: write it in quotes";
    }
}
