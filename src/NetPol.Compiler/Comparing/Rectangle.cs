using NetPol.Model;

namespace NetPol.Compiler.Comparing;

/// <summary>All pairs of some sources and some destinations, and the numbers of how the sides decide there.</summary>
internal sealed record Rectangle(ValueArray<int> From, ValueArray<int> To, HashSet<int> Sides);
