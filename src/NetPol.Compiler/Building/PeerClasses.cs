using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>
/// Finds the identity of a pod's address at one enforcement point: its used matchers. A named port counts only together with a matcher that some rule
/// combines it with, so that identities are not split needlessly. Reused for each enforcement point.
/// </summary>
internal sealed class PeerClasses(ClusterIndex index, SequenceTrie classes, TraitUse use)
{
    private readonly Dictionary<(int Class, int Ports), int> _withPorts = [];
    private readonly List<int> _scratch = [];

    /// <summary>Resets the cache for other used matchers.</summary>
    public void Begin() => _withPorts.Clear();

    /// <summary>Returns the identity of an address of the endpoint class, or of no live pod, in a network of the given identity. The root means no network.</summary>
    public int Of(int kind, int network)
    {
        if (kind == Endpoints.None)
            return network;
        var (traits, ports, _) = index.Endpoints.Kinds[kind];
        var found = SequenceTrie.Root;
        foreach (var trait in traits)
        {
            if (use.IsUsed(trait))
                found = classes.Next(found, trait);
        }
        return WithPorts(classes.Append(found, network), ports);
    }

    private int WithPorts(int peerClass, int portSet)
    {
        if (portSet == SequenceTrie.Root || !use.UsesPorts)
            return peerClass;
        if (!_withPorts.TryGetValue((peerClass, portSet), out var found))
        {
            found = peerClass;
            classes.Read(peerClass, _scratch);
            foreach (var port in index.Ports.Sets.Read(portSet))
            {
                if (use.LooksAt(port, _scratch))
                    found = classes.Next(found, port);
            }
            _withPorts[(peerClass, portSet)] = found;
        }
        return found;
    }
}
