using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>The warnings that objects suppress with the annotation <c>netpol.io/ignore</c>.</summary>
internal sealed class Suppressions
{
    private readonly HashSet<(string Subject, string Code)> _codes = [];

    /// <param name="subject">The object as <c>Kind namespace/name</c>.</param>
    /// <param name="code">The code.</param>
    public void Add(string subject, string code) => _codes.Add((subject, code));

    public bool Has(string subject, string code) => _codes.Contains((subject, code));

    /// <summary>Whether the diagnostic is suppressed. An error never is, and neither is what API servers refuse.</summary>
    public bool Covers(Diagnostic diagnostic) => diagnostic is { Severity: Severity.Warning, RefusedBy: null } && Has(diagnostic.Subject, diagnostic.Code);
}
