using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>What policies can see of a pod; pods that look alike share it.</summary>
/// <param name="Number">Its place in the list of shapes.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Ports">The named ports that some rule asks for, as a state of the trie of port sets.</param>
internal sealed record PodShape(int Number, string Namespace, Labels Labels, int Ports);
