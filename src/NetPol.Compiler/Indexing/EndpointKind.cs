using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>A class of pod addresses that no policy can tell apart, as subjects or as peers, except by network.</summary>
/// <param name="Traits">The pod matchers that select them, ascending.</param>
/// <param name="Ports">Their named ports, as a state of the trie of port sets.</param>
/// <param name="Logging">The flow record request of their namespaces.</param>
internal sealed record EndpointKind(int[] Traits, int Ports, FlowLogging Logging);
