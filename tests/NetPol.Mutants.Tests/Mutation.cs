namespace NetPol.Mutants.Tests;

/// <summary>A mistake to seed.</summary>
/// <param name="Mistake">What it gets wrong.</param>
/// <param name="File">Below <c>src/</c>.</param>
/// <param name="Search">A text that is in the file exactly once.</param>
/// <param name="Replace">What stands there instead.</param>
public sealed record Mutation(string Mistake, string File, string Search, string Replace)
{
    public override string ToString() => Mistake;
}
