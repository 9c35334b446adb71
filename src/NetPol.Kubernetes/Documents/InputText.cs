namespace NetPol.Kubernetes.Documents;

/// <summary>Reads the documents of one input, in whichever of the two syntaxes it is.</summary>
internal static class InputText
{
    /// <param name="file">The name that messages give it; <c>.json</c> at its end leaves no choice of syntax.</param>
    /// <param name="text">All of it.</param>
    /// <param name="limits">How much is too much.</param>
    /// <param name="diagnostics">Where faults go.</param>
    public static IEnumerable<DocumentNode> Documents(string file, string text, DocumentLimits limits, List<Model.Diagnostics.Diagnostic> diagnostics)
    {
        var faults = new DocumentFaults(file, diagnostics);
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return JsonDocuments.Read(text, limits, faults);
        if (text.AsSpan().TrimStart() is not ['{', ..])
            return YamlDocuments.Read(text, limits, faults);

        // A YAML flow mapping starts as JSON does.
        var jsonFaults = new List<Model.Diagnostics.Diagnostic>();
        var documents = JsonDocuments.Read(text, limits, new DocumentFaults(file, jsonFaults));
        if (jsonFaults.Exists(f => string.Equals(f.Code, "malformed-json", StringComparison.Ordinal)))
            return YamlDocuments.Read(text, limits, faults);
        diagnostics.AddRange(jsonFaults);
        return documents;
    }
}
