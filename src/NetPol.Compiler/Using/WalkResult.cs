namespace NetPol.Compiler.Using;

/// <summary>What comes of going through the tiers, as numbers of sets of ports.</summary>
/// <param name="Allowed">What is allowed.</param>
/// <param name="Isolated">What is denied because no NetworkPolicy allows it.</param>
/// <param name="ByDefault">What is allowed because nobody decides.</param>
/// <param name="Hits">For each matching rule, the ports that it decides or passes on; the first rule that takes a port has it.</param>
internal sealed record WalkResult(int Allowed, int Isolated, int ByDefault, int[] Hits);
