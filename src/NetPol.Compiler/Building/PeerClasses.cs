using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>
/// Finds the class of a pod's address in one hook: the used traits that it has. A named port counts only beside another trait that some
/// rule combines it with, so that classes are not split for nothing. Reused from hook to hook.
/// </summary>
internal sealed class PeerClasses(ClusterIndex index, SequenceTrie classes, TraitUse use)
{
    private readonly Dictionary<(int Class, int Ports), int> _withPorts = [];
    private readonly List<int> _scratch = [];

    /// <summary>Forgets the traits that were in use: others are now.</summary>
    public void Begin() => _withPorts.Clear();

    /// <summary>The class of an address of the kind, or of no selectable pod, in a network of the class; in no network when that is the root.</summary>
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
