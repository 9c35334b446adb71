using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>
/// Finds the class of every pod address and network in one hook: the used traits that it has. A named port counts only beside another
/// trait that some rule combines it with, so that classes are not split for nothing. Reused from hook to hook.
/// </summary>
internal sealed class PeerClasses(SnapshotIndex index, SequenceTrie classes, TraitUse use)
{
    private readonly Dictionary<(int Pods, int Network), int> _joined = [];
    private readonly Dictionary<(int Class, int Ports), int> _withPorts = [];
    private readonly List<int> _scratch = [];
    private int[] _podsOfKind = [];
    private int[] _classOfKind = [];
    private int[] _classOfAddress = [];
    private int[] _networkOfAddress = [];

    /// <summary>Disjoint ranges in order and their classes.</summary>
    public List<(AddressRange Range, int Class)> Networks { get; private set; } = [];

    /// <summary>The traits in use now that name addresses, in order.</summary>
    public IEnumerable<int> UsedNetworks => use.Used.Where(t => t >= index.FirstAddressTrait && t < index.FirstPortTrait);

    /// <summary>The class of each pod address.</summary>
    public ReadOnlySpan<int> OfAddress => _classOfAddress.AsSpan(0, index.Endpoints.Addresses.Count);

    /// <summary>The class of the network that holds each pod address; the root when none does.</summary>
    public ReadOnlySpan<int> NetworkOfAddress => _networkOfAddress.AsSpan(0, index.Endpoints.Addresses.Count);

    /// <summary>Forgets the traits that were in use: others are now.</summary>
    public void Begin() => _withPorts.Clear();

    /// <summary>Classifies every pod address by the traits that are in use now.</summary>
    public void Assign()
    {
        Begin();
        var endpoints = index.Endpoints;
        Grow(ref _podsOfKind, endpoints.Kinds.Count);
        Grow(ref _classOfKind, endpoints.Kinds.Count);
        Grow(ref _classOfAddress, endpoints.Addresses.Count);
        Grow(ref _networkOfAddress, endpoints.Addresses.Count);
        ClassifyKinds();
        Networks = NetworkSweep.Cut(UsedNetworks, index.RangesOfTrait, classes);
        FindNetworks();
        for (var kind = 0; kind < endpoints.Kinds.Count; kind++)
            _classOfKind[kind] = WithPorts(_podsOfKind[kind], endpoints.Kinds[kind].Ports);
        var kindOf = CollectionsMarshal.AsSpan(endpoints.KindOf);
        for (var a = 0; a < kindOf.Length; a++)
        {
            var kind = kindOf[a];
            _classOfAddress[a] = _networkOfAddress[a] == SequenceTrie.Root
                ? _classOfKind[kind]
                : WithPorts(Join(_podsOfKind[kind], _networkOfAddress[a]), endpoints.Kinds[kind].Ports);
        }
    }

    /// <summary>The class of an address of the kind in a network of the class.</summary>
    public int Of(int kind, int network)
    {
        var (traits, _, ports) = index.Endpoints.Kinds[kind];
        var pods = SequenceTrie.Root;
        foreach (var trait in traits)
        {
            if (use.IsUsed(trait))
                pods = classes.Next(pods, trait);
        }
        return WithPorts(Join(pods, network), ports);
    }

    private static void Grow(ref int[] array, int length)
    {
        if (array.Length < length)
            array = new int[length * 5 / 4];
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
        var addresses = CollectionsMarshal.AsSpan(index.Endpoints.Addresses);
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
