using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>The subjects of one enforcement point and their policy sets. A policy set has a number while it has members.</summary>
internal sealed class Subjects
{
    /// <summary>No policy set.</summary>
    public const int None = -1;

    private readonly Dictionary<IpAddress, int> _groupOf = [];
    private readonly Dictionary<SubjectGroup, int> _numberOf = [];
    private readonly List<SubjectGroup?> _groups = [];
    private readonly List<List<IpAddress>> _members = [];
    private readonly Stack<int> _free = [];

    public IEnumerable<IpAddress> Addresses => _groupOf.Keys;

    /// <summary>The policy sets by number. Null for a free number.</summary>
    public SubjectGroup?[] Groups => [.. _groups];

    /// <summary>The number of an address's policy set, or <see cref="None"/>.</summary>
    public int NumberAt(IpAddress address) => _groupOf.GetValueOrDefault(address, None);

    public SubjectGroup? GroupAt(IpAddress address) => _groupOf.TryGetValue(address, out var number) ? _groups[number] : null;

    /// <summary>The members of a policy set, ascending.</summary>
    public List<IpAddress> Members(int number) => _members[number];

    /// <summary>Returns the number of a policy set. Assigns one if needed.</summary>
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

    /// <summary>Moves an address to a policy set, or to none.</summary>
    public void Move(IpAddress address, int number)
    {
        if (_groupOf.Remove(address, out var before))
            _members[before].RemoveAt(_members[before].BinarySearch(address));
        if (number == None)
            return;
        _groupOf.Add(address, number);
        _members[number].Insert(~_members[number].BinarySearch(address), address);
    }

    /// <summary>Frees the number of an empty policy set.</summary>
    public void Leave(int number)
    {
        _numberOf.Remove(_groups[number]!);
        _groups[number] = null;
        _free.Push(number);
    }
}
