using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>What policies can see of a pod. Indistinguishable pods share a signature.</summary>
/// <param name="number">Its place in the list of shapes.</param>
/// <param name="space">The pod's namespace.</param>
/// <param name="labels">The pod's labels.</param>
/// <param name="ports">The named ports that some rule asks for, as a state of the trie of port sets.</param>
internal sealed class PodShape(int number, string space, Labels labels, int ports)
{
    public int Number { get; } = number;

    public string Namespace { get; } = space;

    public Labels Labels { get; } = labels;

    public int Ports { get; } = ports;

    /// <summary>The pod matchers that select it, ascending. Updated with policies and namespaces.</summary>
    public List<int> Traits { get; set; } = [];
}
