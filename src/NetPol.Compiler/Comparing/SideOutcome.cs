namespace NetPol.Compiler.Comparing;

/// <summary>What matters of one side for what changes, as numbers of sets of ports: where it allowed, where it allows, and, if anybody asks, where others decide.</summary>
internal readonly record struct SideOutcome(int Before, int After, int Otherwise);
