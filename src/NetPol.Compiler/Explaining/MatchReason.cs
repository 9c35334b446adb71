namespace NetPol.Compiler.Explaining;

/// <summary>Whether something matches, and for people: what does, or what it was compared with.</summary>
public sealed record MatchReason(bool Matches, string Why);
