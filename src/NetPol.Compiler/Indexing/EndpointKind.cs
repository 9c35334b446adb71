using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Pod addresses that every policy treats alike, as subject and as peer (but for networks).</summary>
/// <param name="Traits">The traits of pods that select them, ascending.</param>
/// <param name="Ports">Their named ports, as a state of the trie of port sets.</param>
/// <param name="Logging">What their namespaces ask for.</param>
internal sealed record EndpointKind(int[] Traits, int Ports, FlowLogging Logging);
