using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Documents;

/// <summary>Collects what is wrong with the syntax of one file.</summary>
internal sealed class DocumentFaults(string file, List<Diagnostic> diagnostics)
{
    public void Error(string code, int line, string message) =>
        diagnostics.Add(new(code, Severity.Error, new(file, line), Subject: "", Field: "", message));
}
