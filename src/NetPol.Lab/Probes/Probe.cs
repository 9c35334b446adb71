using System.Collections.Immutable;
using System.Net;

namespace NetPol.Lab.Probes;

/// <summary>One new connection to try.</summary>
/// <param name="From">The source address: a pod's, a node's or an outside host's of the lab.</param>
/// <param name="To">The destination: such an address too, of the same family.</param>
/// <param name="Protocol">What to speak.</param>
/// <param name="Port">The destination port; 0 for <see cref="LabProtocol.Icmp"/>.</param>
/// <param name="ExpectAllow">What should come of it; null when nothing is known. Decides only how long silence is listened to.</param>
public sealed record Probe(IPAddress From, IPAddress To, LabProtocol Protocol, ushort Port, bool? ExpectAllow = null);

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
        ProbeOutcome.Answered or ProbeOutcome.Refused or ProbeOutcome.NotSent => true,
        ProbeOutcome.NoAnswer => false,
        _ => null,
    };

    /// <summary>Whether it is what was expected. What never left agrees with everything; without an expectation every clear answer agrees.</summary>
    public bool Agrees => Outcome == ProbeOutcome.NotSent || (Allowed is { } allowed && (Probe.ExpectAllow ?? allowed) == allowed);
}

/// <summary>How long silence is listened to before it counts.</summary>
/// <param name="Quiet">
/// First round: how long nothing at all must have been heard or sent by any probe of the wave. On a busy machine answers trickle in, and so the wait
/// grows by itself.
/// </param>
/// <param name="LongQuiet">Second round: the same for the probes that are expected to pass, or of which nothing is expected, and got no answer in the first.</param>
/// <param name="Batch">How many probes are on their way at a time, each with a socket.</param>
public sealed record ProbeOptions(TimeSpan Quiet, TimeSpan LongQuiet, int Batch)
{
    /// <summary>500 ms, 2.5 s (TCP repeats a SYN after 1 s), 2,000 probes.</summary>
    public static ProbeOptions Default { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2500), 2000);
}

/// <summary>What came of a probe.</summary>
public enum ProbeOutcome
{
    /// <summary>Nothing came back, however often it was sent: dropped.</summary>
    NoAnswer,

    /// <summary>The destination answered.</summary>
    Answered,

    /// <summary>The destination said that nobody listens (TCP RST, SCTP ABORT, ICMP port unreachable): the network let the packet through.</summary>
    Refused,

    /// <summary>Source and destination live in one namespace: the packet never met a rule. It was not sent.</summary>
    NotSent,

    /// <summary>Somebody else than the owner of the address answered.</summary>
    Misdirected,

    /// <summary>An ICMP error other than a refusal: neither let through nor silently dropped.</summary>
    Unreachable,

    /// <summary>The probe could not be sent.</summary>
    Failed,
}

/// <summary>What was expected beside what was seen.</summary>
public sealed class ReachabilityMatrix
{
    /// <summary>Takes the observations in any number and order, and keeps the order.</summary>
    public ReachabilityMatrix(IEnumerable<Observation> observations)
    {
        Observations = [.. observations];
        Mismatches = [.. Observations.Where(observation => !observation.Agrees)];
    }

    /// <summary>One per probe, in the order of the probes.</summary>
    public ImmutableArray<Observation> Observations { get; }

    /// <summary>Those that disagree with what was expected, in the same order; empty when all is as it should be.</summary>
    public ImmutableArray<Observation> Mismatches { get; }

    public bool Agrees => Mismatches.IsEmpty;
}
