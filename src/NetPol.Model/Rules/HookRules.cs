namespace NetPol.Model.Rules;

/// <summary>
/// The rules of one enforcement point. An address that is no subject is allowed by default. For a subject, the first of these decides:
/// <see cref="Self"/>, where the peer is the subject's own address and has an entry there; the policy entry of the peer's identity and the
/// subject; the subject's default in <see cref="Rest"/>. A peer gets its identity from <see cref="Peers"/>, or else from the interval of
/// <see cref="Networks"/> that contains it. All lists are sorted by their keys, and keys are unique.
/// </summary>
public sealed record HookRules
{
    public static HookRules Empty { get; } = new();

    /// <summary>The subjects, each with the port policy for every peer without a policy entry.</summary>
    public ValueArray<SubjectProfile> Rest { get; init; }

    /// <summary>
    /// The port policies for connections of a subject with itself, where they differ from those for its own address as a peer. A subject
    /// without an entry is a peer of itself like any other. Empty at EgressToNode.
    /// </summary>
    public ValueArray<SubjectProfile> Self { get; init; }

    /// <summary>Pod addresses and their identities. They take precedence over <see cref="Networks"/>. Empty at EgressToNode.</summary>
    public ValueArray<PeerAddress> Peers { get; init; }

    /// <summary>Disjoint address intervals and their identities.</summary>
    public ValueArray<PeerNetwork> Networks { get; init; }

    /// <summary>Every identity in <see cref="Peers"/> or <see cref="Networks"/>, in order. An identity may have no policy entry.</summary>
    public ValueArray<ClassId> Classes { get; init; }

    /// <summary>The policy entries that differ from the subject's default.</summary>
    public ValueArray<ClassCell> Cells { get; init; }
}
