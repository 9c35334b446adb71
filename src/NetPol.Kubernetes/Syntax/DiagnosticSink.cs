using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Syntax;

/// <summary>
/// Collects the diagnostics of one object. Readers fail closed by <see cref="FaultCount"/>: a reader compares it before and after a part of the object,
/// and does not trust the part when the count grew.
/// </summary>
/// <param name="file">Where the object comes from.</param>
/// <param name="diagnostics">The list that receives the diagnostics.</param>
/// <param name="hasLines">Whether the object has line numbers: from a file, not from an API server.</param>
internal sealed class DiagnosticSink(string file, List<Diagnostic> diagnostics, bool hasLines = true)
{
    /// <summary>The object, as <c>Kind namespace/name</c>.</summary>
    public string Subject { get; set; } = "";

    /// <summary>Everything that the list holds so far. It is about this object alone where the object has a list of its own.</summary>
    public ValueArray<Diagnostic> Diagnostics => diagnostics.ToValueArray();

    /// <summary>Whether the object comes from an API server.</summary>
    public bool IsLive => !hasLines;

    /// <summary>The errors so far; it only grows.</summary>
    public int FaultCount { get; private set; }

    public SourceLocation Location(int line) => new(file, hasLines ? line : 0);

    public void Error(string code, int line, FieldPath path, string message)
    {
        FaultCount++;
        HarmlessError(code, line, path, message);
    }

    /// <summary>Reports an error that does not make the meaning of the object doubtful. It does not count as a fault.</summary>
    public void HarmlessError(string code, int line, FieldPath path, string message) =>
        diagnostics.Add(new(code, Severity.Error, Location(line), Subject, path.ToString(), message));

    public void Warning(string code, int line, FieldPath path, string message) =>
        diagnostics.Add(new(code, Severity.Warning, Location(line), Subject, path.ToString(), message));

    /// <summary>A warning about what is understood here, and refused by API servers. It is no fault.</summary>
    /// <param name="code">The diagnostic's code.</param>
    /// <param name="line">Where.</param>
    /// <param name="path">Which field.</param>
    /// <param name="message">What is wrong, and how it is read.</param>
    /// <param name="by">Which servers refuse it, in the plural.</param>
    public void WarnRefused(string code, int line, FieldPath path, string message, string by) =>
        diagnostics.Add(new(code, Severity.Warning, Location(line), Subject, path.ToString(), $"{message}; {by} refuse it") { RefusedBy = by });

    /// <summary>An error that has been reported elsewhere, where the object was not known yet.</summary>
    public void AddFault() => FaultCount++;
}

/// <summary>Names the API servers that refuse something, for <see cref="DiagnosticSink.WarnRefused"/>.</summary>
internal static class ApiServerVersions
{
    /// <summary>Servers that validate networks strictly (StrictIPCIDRValidation).</summary>
    public const string StrictNetworks = "Kubernetes 1.36 and later";

    /// <summary>Servers with a definition of ClusterNetworkPolicy that takes no host bits.</summary>
    public const string MaskedNetworks = "definitions of network-policy-api 0.3.0 and later";

    /// <summary>Every server that has the definition of the kind.</summary>
    public const string Definitions = "all definitions of the kind up to v1beta1";

    /// <summary>kubectl asks the server to refuse fields that it does not know.</summary>
    public const string StrictFields = "kubectl and API servers up to 1.37 with strict field validation";

    /// <summary>Every server, once it has dropped the field that it does not know.</summary>
    public const string All = "API servers up to Kubernetes 1.37";
}
