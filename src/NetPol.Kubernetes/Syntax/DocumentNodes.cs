using NetPol.Model;

namespace NetPol.Kubernetes.Syntax;

/// <summary>A node of a document, whatever syntax it was written in. Aliases make several parents share one node.</summary>
internal abstract class DocumentNode(int line)
{
    /// <summary>Where it starts, from 1; 0 when the document has no lines.</summary>
    public int Line { get; } = line;

    /// <summary>The number of nodes that a walk from here visits, this one included: shared nodes count each time.</summary>
    public abstract long Size { get; }

    /// <summary>Describes the node for a message: <c>a list</c>, <c>the number 80</c>.</summary>
    public abstract string Describe();
}

/// <summary>One key of a mapping with its value, and the line of the key.</summary>
internal readonly record struct MappingEntry(string Key, int Line, DocumentNode Value);

/// <summary>Keys and values in written order, every key once.</summary>
/// <param name="line">Where it starts.</param>
/// <param name="entries">The entries; for a key that appears twice, the first one.</param>
/// <param name="ambiguous">A key appears twice, so its meaning is unknown.</param>
internal sealed class MappingNode(int line, ValueArray<MappingEntry> entries, bool ambiguous = false) : DocumentNode(line)
{
    public ValueArray<MappingEntry> Entries { get; } = entries;

    public bool IsAmbiguous { get; } = ambiguous;

    public override long Size { get; } = 1 + entries.Sum(e => 1 + e.Value.Size);

    /// <summary>The value of a key; null when there is none or it is null.</summary>
    public DocumentNode? this[string key]
    {
        get
        {
            foreach (var entry in Entries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                    return entry.Value is ScalarNode { Type: ScalarType.Null } ? null : entry.Value;
            }
            return null;
        }
    }

    /// <summary>The text of a key's value; null when it is not a string.</summary>
    public string? GetText(string key) => this[key] is ScalarNode { Type: ScalarType.Text } scalar ? scalar.Text : null;

    public override string Describe() => "an object";
}

/// <summary>The type of a scalar for the API server: a quoted one is always <see cref="Text"/>.</summary>
internal enum ScalarType
{
    Text,
    Integer,
    Float,
    Boolean,
    Null,
}

/// <summary>A leaf, as written (without quotes and escapes) and what it is.</summary>
internal sealed class ScalarNode(int line, string text, ScalarType kind) : DocumentNode(line)
{
    private const int MaxQuoteLength = 60;

    public string Text { get; } = text;

    public ScalarType Type { get; } = kind;

    public override long Size => 1;

    public override string Describe() => Type switch
    {
        ScalarType.Null => "nothing",
        ScalarType.Text => $"the string {Quote(Text)}",
        ScalarType.Boolean => $"the boolean {Text}",
        _ => $"the number {Text}",
    };

    /// <summary>In quotes, on one line, and cut when it is long.</summary>
    public static string Quote(string text)
    {
        var cut = text.Length > MaxQuoteLength ? string.Concat(text.AsSpan(0, MaxQuoteLength), "…") : text;
        return $"\"{VisibleText.Escape(cut)}\"";
    }
}

internal sealed class SequenceNode(int line, ValueArray<DocumentNode> items) : DocumentNode(line)
{
    public ValueArray<DocumentNode> Items { get; } = items;

    public override long Size { get; } = 1 + items.Sum(i => i.Size);

    public override string Describe() => "a list";
}
