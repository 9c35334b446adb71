namespace NetPol.Model.Rules;

/// <summary>The difference between two <see cref="HookRules"/>, list by list.</summary>
public sealed record HookRulesDelta
{
    public static HookRulesDelta Empty { get; } = new();

    public Change<SubjectProfile> Rest { get; init; }

    public Change<SubjectProfile> Self { get; init; }

    public Change<PeerAddress> Peers { get; init; }

    public Change<PeerNetwork> Networks { get; init; }

    public Change<ClassId> Classes { get; init; }

    public Change<ClassCell> Cells { get; init; }

    public bool IsEmpty => Rest.IsEmpty && Self.IsEmpty && Peers.IsEmpty && Networks.IsEmpty && Classes.IsEmpty && Cells.IsEmpty;
}
