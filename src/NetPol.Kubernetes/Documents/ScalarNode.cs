using NetPol.Model;

namespace NetPol.Kubernetes.Documents;

/// <summary>A leaf, as written (without quotes and escapes) and what it is.</summary>
internal sealed class ScalarNode(int line, string text, ScalarKind kind) : DocumentNode(line)
{
    private const int LongestQuote = 60;

    public string Text { get; } = text;

    public ScalarKind Kind { get; } = kind;

    public override long Size => 1;

    public override string Describe() => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Text => $"the string {Quote(Text)}",
        ScalarKind.Flag => $"the boolean {Text}",
        _ => $"the number {Text}",
    };

    /// <summary>In quotes, on one line, and cut when it is long.</summary>
    public static string Quote(string text)
    {
        var cut = text.Length > LongestQuote ? string.Concat(text.AsSpan(0, LongestQuote), "…") : text;
        return $"\"{VisibleText.Of(cut)}\"";
    }
}
