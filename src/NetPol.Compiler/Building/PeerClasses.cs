using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>
/// Finds the class of every pod address and network in one hook: the used traits that it has. A named port counts only beside another
/// trait that some rule combines it with, so that classes are not split for nothing. Reused from hook to hook.
/// </summary>
internal sealed class PeerClasses(SnapshotIndex index, SequenceTrie classes, TraitUse use)
{
    private readonly int[] _podsOfKind = new int[index.Endpoints.Kinds.Length];
    private readonly int[] _classOfKind = new int[index.Endpoints.Kinds.Length];
    private readonly int[] _classOfAddress = new int[index.Endpoints.Addresses.Length];
    private readonly int[] _networkOfAddress = new int[index.Endpoints.Addresses.Length];
    private readonly Dictionary<(int Pods, int Network), int> _joined = [];
    private readonly Dictionary<(int Class, int Ports), int> _withPorts = [];
    private readonly List<int> _scratch = [];

    /// <summary>Disjoint ranges in order and their classes.</summary>
    public List<(AddressRange Range, int Class)> Networks { get; private set; } = [];

    /// <summary>The traits in use now that name addresses, in order.</summary>
    public IEnumerable<int> UsedNetworks => use.Used.Where(t => t >= index.FirstAddressTrait && t < index.FirstPortTrait);

    /// <summary>The class of each pod address.</summary>
    public int[] OfAddress => _classOfAddress;

    /// <summary>The class of the network that holds each pod address; the root when none does.</summary>
    public int[] NetworkOfAddress => _networkOfAddress;

    /// <summary>Classifies by the traits that are in use now.</summary>
    public void Assign()
    {
        _withPorts.Clear();
        ClassifyKinds();
        Networks = NetworkSweep.Cut(UsedNetworks, index.RangesOfTrait, classes);
        FindNetworks();
        var (addresses, kindOf, kinds, _) = index.Endpoints;
        for (var kind = 0; kind < kinds.Length; kind++)
            _classOfKind[kind] = WithPorts(_podsOfKind[kind], kinds[kind].Ports);
        for (var a = 0; a < addresses.Length; a++)
        {
            var kind = kindOf[a];
            _classOfAddress[a] = _networkOfAddress[a] == SequenceTrie.Root
                ? _classOfKind[kind]
                : WithPorts(Join(_podsOfKind[kind], _networkOfAddress[a]), kinds[kind].Ports);
        }
    }

    private void ClassifyKinds()
    {
        Array.Fill(_podsOfKind, SequenceTrie.Root);
        foreach (var trait in use.Used)
        {
            if (trait >= index.FirstAddressTrait)
                break;
            foreach (var kind in index.Endpoints.KindsOfTrait[trait])
                _podsOfKind[kind] = classes.Next(_podsOfKind[kind], trait);
        }
    }

    private void FindNetworks()
    {
        Array.Fill(_networkOfAddress, SequenceTrie.Root);
        var addresses = index.Endpoints.Addresses;
        var a = 0;
        foreach (var (range, peerClass) in Networks)
        {
            while (a < addresses.Length && addresses[a] < range.First)
                a++;
            for (; a < addresses.Length && addresses[a] <= range.Last; a++)
                _networkOfAddress[a] = peerClass;
        }
    }

    private int Join(int pods, int network)
    {
        if (network == SequenceTrie.Root)
            return pods;
        if (pods == SequenceTrie.Root)
            return network;
        if (!_joined.TryGetValue((pods, network), out var joined))
            _joined[(pods, network)] = joined = classes.Append(pods, network);
        return joined;
    }

    private int WithPorts(int peerClass, int portSet)
    {
        if (portSet == SequenceTrie.Root || !use.UsesPorts)
            return peerClass;
        if (!_withPorts.TryGetValue((peerClass, portSet), out var found))
        {
            found = peerClass;
            classes.Read(peerClass, _scratch);
            foreach (var port in index.PortSets.Read(portSet))
            {
                if (use.LooksAt(port, _scratch))
                    found = classes.Next(found, port);
            }
            _withPorts[(peerClass, portSet)] = found;
        }
        return found;
    }
}
