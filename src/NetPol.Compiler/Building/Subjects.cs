using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>The local pods' addresses to which policies apply in one hook, and their groups, which have numbers while they have members.</summary>
internal sealed class Subjects
{
    /// <summary>No group.</summary>
    public const int None = -1;

    private readonly Dictionary<IpAddress, int> _groupOf = [];
    private readonly Dictionary<SubjectGroup, int> _numberOf = [];
    private readonly List<SubjectGroup?> _groups = [];
    private readonly List<List<IpAddress>> _members = [];
    private readonly Stack<int> _free = [];

    public IEnumerable<IpAddress> Addresses => _groupOf.Keys;

    /// <summary>The groups by number; null where a number is free.</summary>
    public SubjectGroup?[] Groups => [.. _groups];

    /// <summary>The number of an address's group; <see cref="None"/> when it is no subject.</summary>
    public int NumberAt(IpAddress address) => _groupOf.GetValueOrDefault(address, None);

    public SubjectGroup? GroupAt(IpAddress address) => _groupOf.TryGetValue(address, out var number) ? _groups[number] : null;

    /// <summary>The members of a group, ascending.</summary>
    public List<IpAddress> Members(int number) => _members[number];

    /// <summary>The number of a group, which gets one if it has none.</summary>
    public int Enter(SubjectGroup group)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOf, group, out var known);
        if (known)
            return number;
        if (_free.TryPop(out number))
        {
            _groups[number] = group;
            return number;
        }
        _groups.Add(group);
        _members.Add([]);
        return number = _groups.Count - 1;
    }

    /// <summary>Puts an address into a group, or into none.</summary>
    public void Move(IpAddress address, int number)
    {
        if (_groupOf.Remove(address, out var before))
            _members[before].RemoveAt(_members[before].BinarySearch(address));
        if (number == None)
            return;
        _groupOf.Add(address, number);
        _members[number].Insert(~_members[number].BinarySearch(address), address);
    }

    /// <summary>Frees the number of a group without members.</summary>
    public void Leave(int number)
    {
        _numberOf.Remove(_groups[number]!);
        _groups[number] = null;
        _free.Push(number);
    }
}
