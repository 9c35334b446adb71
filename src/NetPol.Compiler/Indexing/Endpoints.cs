using System.Runtime.InteropServices;
using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Addresses of pods, and their kinds: those of all selectable pods, or those that only finished pods have. Kinds are added as they are met; none goes.
/// </summary>
/// <param name="shared">Other addresses whose kinds these have too; null for kinds of their own.</param>
internal sealed class Endpoints(Endpoints? shared = null)
{
    /// <summary>The kind of an address that no pod has.</summary>
    public const int None = -1;

    /// <summary>With so many changes at once it costs less to write the lists anew than to move their ends for each.</summary>
    private const int ManyMoves = 32;

    private List<IpAddress> _addresses = [];
    private List<int> _sets = [];
    private List<int> _kinds = [];

    /// <summary>Sorted, each once.</summary>
    public ReadOnlySpan<IpAddress> Addresses => CollectionsMarshal.AsSpan(_addresses);

    /// <summary>The kind of each address.</summary>
    public ReadOnlySpan<int> KindOf => CollectionsMarshal.AsSpan(_kinds);

    public List<EndpointKind> Kinds { get; } = shared?.Kinds ?? [];

    /// <summary>The kinds that have each trait, of pods or of ports; empty for traits of addresses.</summary>
    public List<List<int>> KindsOfTrait { get; } = shared?.KindsOfTrait ?? [];

    public int KindAt(IpAddress address)
    {
        var place = _addresses.BinarySearch(address);
        return place < 0 ? None : _kinds[place];
    }

    /// <summary>Takes up which kinds the addresses have.</summary>
    /// <param name="moved">Addresses whose pods are others: by address, with the set of shapes that they have now, or the empty one.</param>
    /// <param name="stale">Sets of shapes that have another kind than they had.</param>
    /// <param name="kindOf">The kind of a set of shapes that is not empty.</param>
    /// <returns>The addresses of other kinds than before, ascending.</returns>
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
