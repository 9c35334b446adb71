using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>Why a connection is allowed or denied, side by side.</summary>
public sealed record Explanation(Connection Connection, SideExplanation Egress, SideExplanation Ingress)
{
    public ConnectionVerdict Verdict => new(Egress.Decision, Ingress.Decision);
}
