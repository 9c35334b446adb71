namespace NetPol.Model.Rules;

/// <summary>The decisions of both sides of a connection. A side without a subject is allowed by default.</summary>
public sealed record ConnectionVerdict(Decision Egress, Decision Ingress)
{
    /// <summary>Allow when both sides allow.</summary>
    public Verdict Verdict => Egress.Verdict == Verdict.Allow && Ingress.Verdict == Verdict.Allow ? Verdict.Allow : Verdict.Deny;
}
