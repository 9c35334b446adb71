using System.Runtime.InteropServices;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>
/// The addresses of pods and their endpoint classes: of all selectable pods, or those that only finished pods have. Endpoint classes are never removed.
/// </summary>
/// <param name="shared">Another table to share endpoint classes with. Null for separate ones.</param>
internal sealed class EndpointTable(EndpointTable? shared = null)
{
    /// <summary>The endpoint class of an address without a pod.</summary>
    public const int None = -1;

    /// <summary>Above this number of changes, rewriting the lists is cheaper than inserting and removing.</summary>
    private const int RewriteThreshold = 32;

    private List<IpAddress> _addresses = [];
    private List<int> _sets = [];
    private List<int> _endpointClasses = [];

    /// <summary>The addresses, sorted and distinct.</summary>
    public ReadOnlySpan<IpAddress> Addresses => CollectionsMarshal.AsSpan(_addresses);

    /// <summary>The endpoint class of each address.</summary>
    public ReadOnlySpan<int> ClassOf => CollectionsMarshal.AsSpan(_endpointClasses);

    public List<EndpointClass> Classes { get; } = shared?.Classes ?? [];

    /// <summary>The endpoint classes with each pod or port matcher. Empty for address matchers.</summary>
    public List<List<int>> ClassesByMatcher { get; } = shared?.ClassesByMatcher ?? [];

    public int ClassAt(IpAddress address)
    {
        var place = _addresses.BinarySearch(address);
        return place < 0 ? None : _endpointClasses[place];
    }

    /// <summary>Updates the endpoint classes of addresses.</summary>
    /// <param name="moved">The addresses whose pods changed, with their new set of signatures, which may be empty.</param>
    /// <param name="stale">The sets of signatures whose endpoint class changed.</param>
    /// <param name="endpointClassOf">Returns the endpoint class of a nonempty set of signatures.</param>
    /// <returns>The addresses whose endpoint class changed, ascending.</returns>
    public List<AddressChange> Update(SortedDictionary<IpAddress, int> moved, HashSet<int> stale, Func<int, int> endpointClassOf)
    {
        var changes = new List<AddressChange>();
        if (stale.Count > 0)
            UpdateStale(stale, moved, endpointClassOf, changes);
        var stayed = changes.Count;
        if (moved.Count > RewriteThreshold)
            Rewrite(moved, endpointClassOf, changes);
        else
            UpdateEach(moved, endpointClassOf, changes);
        if (stayed > 0 && stayed < changes.Count)
            changes.Sort((a, b) => a.Address.CompareTo(b.Address));
        return changes;
    }

    private void UpdateStale(HashSet<int> stale, SortedDictionary<IpAddress, int> moved, Func<int, int> endpointClassOf, List<AddressChange> changes)
    {
        for (var i = 0; i < _addresses.Count; i++)
        {
            if (!stale.Contains(_sets[i]) || moved.ContainsKey(_addresses[i]))
                continue;
            var endpointClass = endpointClassOf(_sets[i]);
            if (endpointClass != _endpointClasses[i])
                changes.Add(new(_addresses[i], _endpointClasses[i], endpointClass));
            _endpointClasses[i] = endpointClass;
        }
    }

    private void UpdateEach(SortedDictionary<IpAddress, int> moved, Func<int, int> endpointClassOf, List<AddressChange> changes)
    {
        foreach (var (address, set) in moved)
        {
            var place = _addresses.BinarySearch(address);
            var before = place < 0 ? None : _endpointClasses[place];
            var after = set == SequenceTrie.Root ? None : endpointClassOf(set);
            if (before != after)
                changes.Add(new(address, before, after));
            if (after == None && place >= 0)
            {
                _addresses.RemoveAt(place);
                _sets.RemoveAt(place);
                _endpointClasses.RemoveAt(place);
            }
            else if (after != None && place < 0)
            {
                _addresses.Insert(~place, address);
                _sets.Insert(~place, set);
                _endpointClasses.Insert(~place, after);
            }
            else if (after != None)
            {
                (_sets[place], _endpointClasses[place]) = (set, after);
            }
        }
    }

    private void Rewrite(SortedDictionary<IpAddress, int> moved, Func<int, int> endpointClassOf, List<AddressChange> changes)
    {
        var (addresses, sets, endpointClasses) = (_addresses, _sets, _endpointClasses);
        (_addresses, _sets, _endpointClasses) = (new(addresses.Count + moved.Count), new(addresses.Count + moved.Count), new(addresses.Count + moved.Count));
        var i = 0;
        foreach (var (address, set) in moved)
        {
            for (; i < addresses.Count && addresses[i] < address; i++)
                Append(addresses[i], sets[i], endpointClasses[i]);
            var before = i < addresses.Count && addresses[i] == address ? endpointClasses[i++] : None;
            var after = set == SequenceTrie.Root ? None : endpointClassOf(set);
            if (before != after)
                changes.Add(new(address, before, after));
            if (after != None)
                Append(address, set, after);
        }
        for (; i < addresses.Count; i++)
            Append(addresses[i], sets[i], endpointClasses[i]);
    }

    private void Append(IpAddress address, int set, int endpointClass)
    {
        _addresses.Add(address);
        _sets.Add(set);
        _endpointClasses.Add(endpointClass);
    }
}

/// <summary>A class of pod addresses that no policy can distinguish, as subjects or as peers, except by network.</summary>
/// <param name="Matchers">The pod matchers that select them, ascending.</param>
/// <param name="Ports">Their named ports, as a state of the trie of port sets.</param>
/// <param name="Logging">The flow record request of their namespaces.</param>
internal sealed record EndpointClass(int[] Matchers, int Ports, FlowLogging Logging);
