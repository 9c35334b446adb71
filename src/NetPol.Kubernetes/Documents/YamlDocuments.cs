using System.Globalization;
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
        var tabs = new YamlTabs(text);
        while (!builder.Failed && Next(parser, text, lineOffset, faults))
        {
            tabs.Add(parser.Current!);
            if (parser.Current is DocumentStart)
                builder = new TreeBuilder(limits, faults);
            else if (parser.Current is DocumentEnd && builder.Root is { } root and not ScalarNode { Kind: ScalarKind.Null })
                documents.Add(root);
            else
                Take(parser.Current!, builder, lineOffset);
        }
        if (tabs.FirstMisplaced() is { } line)
            faults.Error("malformed-yaml", lineOffset + line, $"this is not YAML: {YamlTabs.Advice}");
        return documents;
    }

    /// <summary>False at the end, and at a fault, which is reported.</summary>
    private static bool Next(Parser parser, string text, int lineOffset, DocumentFaults faults)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException exception)
        {
            faults.Error("malformed-yaml", lineOffset + Line(exception, parser, text), $"this is not YAML: {Reason(exception, text)}");
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
                builder.Key(line, Key(scalar, builder, line), isMerge: scalar is { Style: ScalarStyle.Plain, Value: "<<" });
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

    /// <summary>
    /// The key as kubectl's decoding to JSON writes it: <c>on</c> is <c>true</c>, <c>0x50</c> is <c>80</c>.
    /// </summary>
    private static string Key(Scalar scalar, TreeBuilder builder, int line)
    {
        switch (KindOf(scalar, builder, line))
        {
            case ScalarKind.Flag:
                return YamlScalars.IsFlag(scalar.Value, out var value) && value ? "true" : "false";
            case ScalarKind.Integer when YamlScalars.TryInteger(scalar.Value, out var number):
                return number.ToString(CultureInfo.InvariantCulture);
            case ScalarKind.Fraction when float.TryParse(scalar.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 1e6:
                return number.ToString(CultureInfo.InvariantCulture);
            case ScalarKind.Null:
                builder.Fail("malformed-yaml", line, "a key is nothing: write a name as the key, in quotes if it is null or ~");
                return "";
            default:
                return scalar.Value;
        }
    }

    /// <summary>The line that kubectl names: for what its parser expected, and did not find, the one before.</summary>
    private static int Line(YamlException exception, Parser parser, string text)
    {
        if (exception.Message.Contains("invalid tab as indentation", StringComparison.Ordinal))
            return YamlTabs.FirstInIndentation(text, (int)(parser.Current?.End.Line ?? 1)) ?? (int)exception.End.Line;
        return exception.Message.Contains("did not find expected", StringComparison.Ordinal) ? Math.Max(1, (int)exception.End.Line - 1) : (int)exception.End.Line;
    }

    private static string Reason(YamlException exception, string text)
    {
        var message = exception.Message.ReplaceLineEndings(" ");
        if (message.Contains("tab", StringComparison.OrdinalIgnoreCase))
            return $"{message} ({YamlTabs.Advice})";
        if (!message.Contains("cannot start any token", StringComparison.Ordinal))
            return message;
        var first = text.ElementAtOrDefault((int)exception.Start.Index);
        return first is '\t' ? YamlTabs.Advice : $"no value starts with {first}: write it in quotes";
    }
}
