namespace NetPol.Model.Rules;

/// <summary>
/// How one hook judges: a local pod's address that is no subject is not judged here (allowed by default). For a subject, in this order:
/// its own address as peer is judged by <see cref="Self"/> where that has an entry; a peer address in <see cref="Peers"/>, else in an interval of
/// <see cref="Networks"/>, has a class; the class's cell for the subject judges where there is one; else the subject's
/// <see cref="Rest"/>. All lists are sorted by their keys, and keys are unique.
/// </summary>
public sealed record HookRules
{
    public static HookRules Empty { get; } = new();

    /// <summary>The subjects, each with the profile for every peer that has no cell.</summary>
    public ValueArray<SubjectProfile> Rest { get; init; }

    /// <summary>
    /// For connections of a subject with itself, where those are judged unlike what the subject's own address would get as a peer; any
    /// other subject has no entry, and its own address is a peer like the rest. Empty in EgressToNode.
    /// </summary>
    public ValueArray<SubjectProfile> Self { get; init; }

    /// <summary>Single addresses (of pods; none in EgressToNode) and their classes; they go before <see cref="Networks"/>.</summary>
    public ValueArray<PeerAddress> Peers { get; init; }

    /// <summary>Disjoint address intervals and their classes.</summary>
    public ValueArray<PeerNetwork> Networks { get; init; }

    /// <summary>Every class that <see cref="Peers"/> or <see cref="Networks"/> name, in order; a class may be without cells.</summary>
    public ValueArray<ClassId> Classes { get; init; }

    /// <summary>The cells that differ from the subject's rest.</summary>
    public ValueArray<ClassCell> Cells { get; init; }
}
