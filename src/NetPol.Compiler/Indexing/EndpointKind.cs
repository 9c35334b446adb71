namespace NetPol.Compiler.Indexing;

/// <summary>Pod addresses that every policy of the snapshot treats alike, as subject and as peer (but for networks).</summary>
/// <param name="Traits">The traits of pods that select them, ascending.</param>
/// <param name="Policies">The policies that select them as subjects: places in the order of evaluation, ascending.</param>
/// <param name="Ports">Their named ports, as a state of the trie of port sets.</param>
internal sealed record EndpointKind(int[] Traits, int[] Policies, int Ports);
