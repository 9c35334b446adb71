using NetPol.Model;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Reading;

/// <summary>
/// Collects what is to say about one object. <see cref="Faults"/> is how lowering fails closed: whoever reads a part compares it before
/// and after, and does not trust the part when it grew.
/// </summary>
/// <param name="file">Where the object comes from.</param>
/// <param name="diagnostics">Where to.</param>
/// <param name="hasLines">Whether the lines mean something to a person.</param>
internal sealed class Report(string file, List<Diagnostic> diagnostics, bool hasLines = true)
{
    /// <summary>The object, as <c>Kind namespace/name</c>.</summary>
    public string Subject { get; set; } = "";

    /// <summary>Everything that the list holds so far. It is about this object alone where the object has a list of its own.</summary>
    public ValueArray<Diagnostic> Diagnostics => diagnostics.ToValueArray();

    /// <summary>Whether the object comes from an API server.</summary>
    public bool IsLive => !hasLines;

    /// <summary>The errors so far; it only grows.</summary>
    public int Faults { get; private set; }

    public SourceLocation Location(int line) => new(file, hasLines ? line : 0);

    public void Error(string code, int line, FieldPath path, string message)
    {
        Faults++;
        HarmlessError(code, line, path, message);
    }

    /// <summary>An error that leaves the meaning of the object beyond doubt: it is no fault.</summary>
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
    public void Refused(string code, int line, FieldPath path, string message, string by) =>
        diagnostics.Add(new(code, Severity.Warning, Location(line), Subject, path.ToString(), $"{message}; {by} refuse it") { RefusedBy = by });

    /// <summary>An error that has been reported elsewhere, where the object was not known yet.</summary>
    public void Fault() => Faults++;
}
