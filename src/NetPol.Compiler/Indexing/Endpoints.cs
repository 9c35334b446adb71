using System.Runtime.InteropServices;
using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// The addresses of pods and their endpoint classes: of all selectable pods, or those that only finished pods have. Endpoint classes are never removed.
/// </summary>
/// <param name="shared">Another table to share endpoint classes with. Null for separate ones.</param>
internal sealed class Endpoints(Endpoints? shared = null)
{
    /// <summary>The endpoint class of an address without a pod.</summary>
    public const int None = -1;

    /// <summary>Above this number of changes, rewriting the lists is cheaper than inserting and removing.</summary>
    private const int ManyMoves = 32;

    private List<IpAddress> _addresses = [];
    private List<int> _sets = [];
    private List<int> _kinds = [];

    /// <summary>The addresses, sorted and distinct.</summary>
    public ReadOnlySpan<IpAddress> Addresses => CollectionsMarshal.AsSpan(_addresses);

    /// <summary>The endpoint class of each address.</summary>
    public ReadOnlySpan<int> KindOf => CollectionsMarshal.AsSpan(_kinds);

    public List<EndpointKind> Kinds { get; } = shared?.Kinds ?? [];

    /// <summary>The endpoint classes with each pod or port matcher. Empty for address matchers.</summary>
    public List<List<int>> KindsOfTrait { get; } = shared?.KindsOfTrait ?? [];

    public int KindAt(IpAddress address)
    {
        var place = _addresses.BinarySearch(address);
        return place < 0 ? None : _kinds[place];
    }

    /// <summary>Updates the endpoint classes of addresses.</summary>
    /// <param name="moved">The addresses whose pods changed, with their new set of signatures, which may be empty.</param>
    /// <param name="stale">The sets of signatures whose endpoint class changed.</param>
    /// <param name="kindOf">Returns the endpoint class of a nonempty set of signatures.</param>
    /// <returns>The addresses whose endpoint class changed, ascending.</returns>
    public List<AddressChange> Put(SortedDictionary<IpAddress, int> moved, HashSet<int> stale, Func<int, int> kindOf)
    {
        var changes = new List<AddressChange>();
        if (stale.Count > 0)
            PutStale(stale, moved, kindOf, changes);
        var stayed = changes.Count;
        if (moved.Count > ManyMoves)
            Rewrite(moved, kindOf, changes);
        else
            PutEach(moved, kindOf, changes);
        if (stayed > 0 && stayed < changes.Count)
            changes.Sort((a, b) => a.Address.CompareTo(b.Address));
        return changes;
    }

    private void PutStale(HashSet<int> stale, SortedDictionary<IpAddress, int> moved, Func<int, int> kindOf, List<AddressChange> changes)
    {
        for (var i = 0; i < _addresses.Count; i++)
        {
            if (!stale.Contains(_sets[i]) || moved.ContainsKey(_addresses[i]))
                continue;
            var kind = kindOf(_sets[i]);
            if (kind != _kinds[i])
                changes.Add(new(_addresses[i], _kinds[i], kind));
            _kinds[i] = kind;
        }
    }

    private void PutEach(SortedDictionary<IpAddress, int> moved, Func<int, int> kindOf, List<AddressChange> changes)
    {
        foreach (var (address, set) in moved)
        {
            var place = _addresses.BinarySearch(address);
            var before = place < 0 ? None : _kinds[place];
            var after = set == SequenceTrie.Root ? None : kindOf(set);
            if (before != after)
                changes.Add(new(address, before, after));
            if (after == None && place >= 0)
            {
                _addresses.RemoveAt(place);
                _sets.RemoveAt(place);
                _kinds.RemoveAt(place);
            }
            else if (after != None && place < 0)
            {
                _addresses.Insert(~place, address);
                _sets.Insert(~place, set);
                _kinds.Insert(~place, after);
            }
            else if (after != None)
            {
                (_sets[place], _kinds[place]) = (set, after);
            }
        }
    }

    private void Rewrite(SortedDictionary<IpAddress, int> moved, Func<int, int> kindOf, List<AddressChange> changes)
    {
        var (addresses, sets, kinds) = (_addresses, _sets, _kinds);
        (_addresses, _sets, _kinds) = (new(addresses.Count + moved.Count), new(addresses.Count + moved.Count), new(addresses.Count + moved.Count));
        var i = 0;
        foreach (var (address, set) in moved)
        {
            for (; i < addresses.Count && addresses[i] < address; i++)
                Append(addresses[i], sets[i], kinds[i]);
            var before = i < addresses.Count && addresses[i] == address ? kinds[i++] : None;
            var after = set == SequenceTrie.Root ? None : kindOf(set);
            if (before != after)
                changes.Add(new(address, before, after));
            if (after != None)
                Append(address, set, after);
        }
        for (; i < addresses.Count; i++)
            Append(addresses[i], sets[i], kinds[i]);
    }

    private void Append(IpAddress address, int set, int kind)
    {
        _addresses.Add(address);
        _sets.Add(set);
        _kinds.Add(kind);
    }
}
