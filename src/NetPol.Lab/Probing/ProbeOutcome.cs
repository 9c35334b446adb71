namespace NetPol.Lab.Probing;

/// <summary>What came of a probe.</summary>
public enum ProbeOutcome
{
    /// <summary>Nothing came back, however often it was sent: dropped.</summary>
    Silence,

    /// <summary>The destination answered.</summary>
    Answered,

    /// <summary>The destination said that nobody listens (TCP RST, SCTP ABORT, ICMP port unreachable): the network let the packet through.</summary>
    Refused,

    /// <summary>Source and destination live in one namespace: the packet never met a rule. It was not sent.</summary>
    NeverLeft,

    /// <summary>Somebody else than the owner of the address answered.</summary>
    Misdirected,

    /// <summary>An ICMP error other than a refusal: neither let through nor silently dropped.</summary>
    Unreachable,

    /// <summary>The probe could not be sent.</summary>
    Failed,
}
