using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.RuleSets;

/// <summary>The state of a compiled enforcement point that the next delta is computed from. Initially empty.</summary>
internal sealed class RuleDeltaState(NodeCompilerState node, Direction direction, PeerRelation scope)
{
    public NodeCompilerState Node { get; } = node;

    public Direction Direction { get; } = direction;

    /// <summary>Never <see cref="PeerRelation.Self"/>.</summary>
    public PeerRelation PeerRelation { get; } = scope;

    public SubjectTable Subjects { get; } = new();

    /// <summary>The matchers that any policy set uses, ascending.</summary>
    public int[] Matchers { get; set; } = [];

    /// <summary>Disjoint ordered ranges and their identities.</summary>
    public List<(AddressRange Range, int Identity)> Networks { get; set; } = [];

    /// <summary>The number of listed peers and networks of each identity.</summary>
    public RefCounts Identities { get; } = new();

    /// <summary>The number of identities with a policy entry in each policy set.</summary>
    public RefCounts IdentitiesWithEntries { get; } = new();

    /// <summary>The subjects with a separate port policy for themselves.</summary>
    public Dictionary<IpAddress, int> SelfPortPolicies { get; } = [];
}

/// <summary>The subjects of one enforcement point and their policy sets. A policy set has a number while it has members.</summary>
internal sealed class SubjectTable
{
    /// <summary>No policy set.</summary>
    public const int None = -1;

    private readonly Dictionary<IpAddress, int> _policySetOf = [];
    private readonly Dictionary<PolicySet, int> _numberOf = [];
    private readonly List<PolicySet?> _policySets = [];
    private readonly List<List<IpAddress>> _members = [];
    private readonly Stack<int> _free = [];

    public IEnumerable<IpAddress> Addresses => _policySetOf.Keys;

    /// <summary>The policy sets by number. Null for a free number.</summary>
    public PolicySet?[] PolicySets => [.. _policySets];

    /// <summary>The number of an address's policy set, or <see cref="None"/>.</summary>
    public int PolicySetNumberAt(IpAddress address) => _policySetOf.GetValueOrDefault(address, None);

    public PolicySet? PolicySetAt(IpAddress address) => _policySetOf.TryGetValue(address, out var number) ? _policySets[number] : null;

    /// <summary>The members of a policy set, ascending.</summary>
    public List<IpAddress> Members(int number) => _members[number];

    /// <summary>Returns the number of a policy set. Assigns one if needed.</summary>
    public int GetOrAddPolicySet(PolicySet policySet)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numberOf, policySet, out var known);
        if (known)
            return number;
        if (_free.TryPop(out number))
        {
            _policySets[number] = policySet;
            return number;
        }
        _policySets.Add(policySet);
        _members.Add([]);
        return number = _policySets.Count - 1;
    }

    /// <summary>Moves an address to a policy set, or to none.</summary>
    public void Move(IpAddress address, int number)
    {
        if (_policySetOf.Remove(address, out var before))
            _members[before].RemoveAt(_members[before].BinarySearch(address));
        if (number == None)
            return;
        _policySetOf.Add(address, number);
        _members[number].Insert(~_members[number].BinarySearch(address), address);
    }

    /// <summary>Frees the number of an empty policy set.</summary>
    public void RemovePolicySet(int number)
    {
        _numberOf.Remove(_policySets[number]!);
        _policySets[number] = null;
        _free.Push(number);
    }
}

/// <summary>An address of a local pod whose policy set or endpoint class may have changed.</summary>
/// <param name="Address">The address.</param>
/// <param name="EndpointClass">Its new endpoint class.</param>
/// <param name="IsFinished">Whether only finished pods have it. As a peer it is then like an external address.</param>
/// <param name="PolicySet">Its new policy set. Null if it is no subject.</param>
internal readonly record struct SubjectMove(IpAddress Address, int EndpointClass, bool IsFinished, PolicySet? PolicySet);
