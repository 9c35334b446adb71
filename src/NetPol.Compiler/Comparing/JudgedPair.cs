namespace NetPol.Compiler.Comparing;

/// <summary>How connections between two groups are judged in two worlds, as numbers of an <see cref="OutcomeTable"/>.</summary>
/// <param name="Outcome">What changes.</param>
/// <param name="Egress">How the sources' side decides.</param>
/// <param name="Ingress">How the destinations' side decides.</param>
internal readonly record struct JudgedPair(int Outcome, int Egress, int Ingress)
{
    /// <summary>There is no connection, or none over this family.</summary>
    public static JudgedPair None { get; } = new(-1, 0, 0);

    public bool IsNone => Outcome < 0;

    public bool IsChange => Outcome > OutcomeTable.Unchanged;
}
