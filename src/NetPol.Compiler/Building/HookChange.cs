using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>The changes for one enforcement point.</summary>
/// <param name="Subjects">The local pods whose policies may have changed, each once. All subjects if <paramref name="Ranges"/>.</param>
/// <param name="Seen">The pod addresses whose change the rules can notice, ascending.</param>
/// <param name="All">All pod addresses whose endpoint class changed, ascending.</param>
/// <param name="Ranges">Whether the addresses of a used matcher changed.</param>
internal sealed record HookChange(List<SubjectMove> Subjects, List<AddressChange> Seen, List<AddressChange> All, bool Ranges);
