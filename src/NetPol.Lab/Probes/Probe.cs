using System.Collections.Immutable;
using System.Net;
using NetPol.Model.Net;

namespace NetPol.Lab.Probes;

/// <summary>A new connection to try.</summary>
/// <param name="From">The source address: that of a pod, node or outside host of the lab.</param>
/// <param name="To">The destination address: also one of the lab, and of the same family.</param>
/// <param name="Protocol">The protocol of the connection.</param>
/// <param name="Port">The destination port; 0 for an ICMP echo.</param>
/// <param name="ExpectAllow">Whether the network should allow it; null without an expectation. Decides only how long the prober waits for an answer.</param>
public sealed record Probe(IPAddress From, IPAddress To, Protocol Protocol, ushort Port, bool? ExpectAllow = null);

/// <summary>The result of a probe.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="AnsweredBy">
/// The name of the answerer: pod id, node name or outside address. Null when there was no answer, the kernel answered (ICMP), or the connection
/// opened but the name did not arrive in time.
/// </param>
/// <param name="Error">The system's error text when <see cref="Outcome"/> is <see cref="ProbeOutcome.Unreachable"/> or <see cref="ProbeOutcome.Failed"/>; else null.</param>
public sealed record Observation(Probe Probe, ProbeOutcome Outcome, string? AnsweredBy = null, string? Error = null)
{
    /// <summary>Whether the network let the probe through; null when the outcome proves neither passage nor a silent drop.</summary>
    public bool? Allowed => Outcome switch
    {
        ProbeOutcome.Answered or ProbeOutcome.Refused or ProbeOutcome.NotSent => true,
        ProbeOutcome.NoAnswer => false,
        _ => null,
    };

    /// <summary>Whether the result matches the expectation. An unsent probe always matches; without an expectation every conclusive result matches.</summary>
    public bool Agrees => Outcome == ProbeOutcome.NotSent || (Allowed is { } allowed && (Probe.ExpectAllow ?? allowed) == allowed);
}

/// <summary>How long silence must last before it counts as a drop.</summary>
/// <param name="Silence">
/// First round: how long all probes of the batch must be silent, without a packet sent or received. On a busy machine answers trickle in, and each one
/// extends the wait.
/// </param>
/// <param name="RetrySilence">Second round: the same time for silent probes that do not expect a drop.</param>
/// <param name="Batch">The maximum number of probes in flight; each has a socket.</param>
public sealed record ProbeOptions(TimeSpan Silence, TimeSpan RetrySilence, int Batch)
{
    /// <summary>500 ms, 2.5 s (TCP repeats a SYN after 1 s), 2,000 probes.</summary>
    public static ProbeOptions Default { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2500), 2000);
}

/// <summary>The outcome of a probe.</summary>
public enum ProbeOutcome
{
    /// <summary>No answer arrived after all retransmissions: the network dropped the probe.</summary>
    NoAnswer,

    /// <summary>The destination answered.</summary>
    Answered,

    /// <summary>The destination refused the connection (TCP RST, SCTP ABORT, ICMP port unreachable): the network let the packet through.</summary>
    Refused,

    /// <summary>Source and destination share a namespace: no rule would apply, so the probe was not sent.</summary>
    NotSent,

    /// <summary>An endpoint other than the owner of the address answered.</summary>
    Misdirected,

    /// <summary>An ICMP error other than a refusal arrived: the probe was neither let through nor silently dropped.</summary>
    Unreachable,

    /// <summary>The probe could not be sent.</summary>
    Failed,
}

/// <summary>The observations of a run, and those that do not match their expectation.</summary>
public sealed class ReachabilityMatrix
{
    /// <summary>Accepts any observations, in any order, and keeps the order.</summary>
    public ReachabilityMatrix(IEnumerable<Observation> observations)
    {
        Observations = [.. observations];
        Mismatches = [.. Observations.Where(observation => !observation.Agrees)];
    }

    /// <summary>One observation per probe, in the order of the probes.</summary>
    public ImmutableArray<Observation> Observations { get; }

    /// <summary>The observations that do not match their expectation, in the same order; empty when all match.</summary>
    public ImmutableArray<Observation> Mismatches { get; }

    public bool Agrees => Mismatches.IsEmpty;
}
