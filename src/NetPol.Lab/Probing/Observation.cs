namespace NetPol.Lab.Probing;

/// <summary>What was seen of a probe.</summary>
/// <param name="Probe">What was tried.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="AnsweredBy">
/// What the answerer calls itself: pod id, node name or outside address. Null when nobody answered, the kernel did (ICMP), or the
/// connection opened but its name did not come in time.
/// </param>
/// <param name="Error">The system's words when <see cref="Outcome"/> is <see cref="ProbeOutcome.Unreachable"/> or <see cref="ProbeOutcome.Failed"/>; else null.</param>
public sealed record Observation(Probe Probe, ProbeOutcome Outcome, string? AnsweredBy = null, string? Error = null)
{
    /// <summary>Whether the network let the probe through; null when the outcome is neither a passage nor a silent drop, and so agrees with nothing.</summary>
    public bool? Allowed => Outcome switch
    {
        ProbeOutcome.Answered or ProbeOutcome.Refused or ProbeOutcome.NeverLeft => true,
        ProbeOutcome.Silence => false,
        _ => null,
    };

    /// <summary>Whether it is what was expected. What never left agrees with everything; without an expectation every clear answer agrees.</summary>
    public bool Agrees => Outcome == ProbeOutcome.NeverLeft || (Allowed is { } allowed && (Probe.ExpectAllow ?? allowed) == allowed);
}
