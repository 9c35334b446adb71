using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Syntax;

/// <summary>Reads the documents of one input, in whichever of the two syntaxes it is.</summary>
internal static class DocumentParser
{
    /// <param name="file">The name that messages give it; <c>.json</c> at its end leaves no choice of syntax.</param>
    /// <param name="text">All of it.</param>
    /// <param name="limits">How much is too much.</param>
    /// <param name="diagnostics">Where faults go.</param>
    public static IEnumerable<DocumentNode> Parse(string file, string text, DocumentLimits limits, List<Model.Diagnostics.Diagnostic> diagnostics)
    {
        var faults = new SyntaxErrors(file, diagnostics);
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return JsonDocumentParser.Parse(text, limits, faults);
        if (text.AsSpan().TrimStart() is not ['{', ..])
            return YamlDocumentParser.Parse(text, limits, faults);

        // A YAML flow mapping starts as JSON does.
        var jsonFaults = new List<Model.Diagnostics.Diagnostic>();
        var documents = JsonDocumentParser.Parse(text, limits, new SyntaxErrors(file, jsonFaults));
        if (jsonFaults.Exists(f => string.Equals(f.Code, "malformed-json", StringComparison.Ordinal)))
            return YamlDocumentParser.Parse(text, limits, faults);
        diagnostics.AddRange(jsonFaults);
        return documents;
    }
}

/// <summary>Collects what is wrong with the syntax of one file.</summary>
internal sealed class SyntaxErrors(string file, List<Diagnostic> diagnostics)
{
    public void Error(string code, int line, string message) =>
        diagnostics.Add(new(code, Severity.Error, new(file, line), Subject: "", Field: "", message));
}

/// <summary>How much of an input is read before it is refused, so that a hostile one costs little.</summary>
/// <param name="Characters">Of one file or of standard input.</param>
/// <param name="Depth">Nested lists and objects.</param>
/// <param name="AliasedNodes">Values that the aliases of one document stand for.</param>
internal sealed record DocumentLimits(int Characters = 256 << 20, int Depth = 100, int AliasedNodes = 100_000)
{
    public static DocumentLimits Default { get; } = new();
}
