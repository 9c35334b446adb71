using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>What changed for one hook.</summary>
/// <param name="Subjects">Its local pods that may be judged in another way, each once; and, where <paramref name="Ranges"/>, all its subjects.</param>
/// <param name="Seen">Addresses of pods that are other to it than they were, ascending.</param>
/// <param name="All">All addresses of pods that are of other kinds than they were, ascending.</param>
/// <param name="Ranges">Whether a trait that it looks at holds other addresses than it did.</param>
internal sealed record HookChange(List<SubjectMove> Subjects, List<AddressChange> Seen, List<AddressChange> All, bool Ranges);
