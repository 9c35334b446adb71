using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>The addresses of all selectable pods.</summary>
/// <param name="Addresses">Sorted, each once.</param>
/// <param name="KindOf">The kind of each address.</param>
/// <param name="Kinds">The kinds.</param>
/// <param name="KindsOfTrait">The kinds that each trait of pods selects; empty for other traits.</param>
internal sealed record Endpoints(IpAddress[] Addresses, int[] KindOf, EndpointKind[] Kinds, int[][] KindsOfTrait);
