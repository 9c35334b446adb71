using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Reachability;

/// <summary>The result of each policy set for each peer in one direction, as numbers. Callers add all policy sets and peers first and then call <see cref="Fill"/>.</summary>
internal sealed class DirectionTable
{
    /// <summary>The number for endpoints without a policy set.</summary>
    public const int NoPolicySet = 0;

    private readonly List<PolicySet?> _policySets = [null];
    private readonly Dictionary<PolicySet, int> _numbers = [];
    private readonly List<List<(int Peer, int Result)>> _byPolicySet = [];
    private readonly List<List<(int PolicySet, int Result)>> _byPeer = [];
    private int[] _defaults = [];

    public int PolicySetCount => _policySets.Count;

    public int Add(PolicySet? policySet)
    {
        if (policySet is null)
            return NoPolicySet;
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, policySet, out var known);
        if (known)
            return number;
        _policySets.Add(policySet);
        return number = _policySets.Count - 1;
    }

    /// <param name="matchers">The matchers of all peers.</param>
    /// <param name="evaluate">Returns the result of a policy set for a peer, given the peer's identity reduced to the matchers of the policy set.</param>
    /// <param name="unevaluated">The result for endpoints without a policy set.</param>
    public void Fill(PeerMatcherIndex matchers, Func<PolicySet, int, int> evaluate, int unevaluated)
    {
        _defaults = [.. _policySets.Select(g => g is null ? unevaluated : evaluate(g, SequenceTrie.Root))];
        for (var peer = 0; peer < matchers.PeerCount; peer++)
            _byPeer.Add([]);
        _byPolicySet.Add([]);
        var lastPolicySet = new int[matchers.PeerCount];
        for (var number = 1; number < _policySets.Count; number++)
        {
            var policySet = _policySets[number]!;
            var nonDefault = new List<(int Peer, int Result)>();
            _byPolicySet.Add(nonDefault);
            foreach (var peer in matchers.Start(policySet))
            {
                if (lastPolicySet[peer] == number)
                    continue;
                lastPolicySet[peer] = number;
                var result = evaluate(policySet, matchers.Project(policySet, peer));
                if (result == _defaults[number])
                    continue;
                nonDefault.Add((peer, result));
                _byPeer[peer].Add((number, result));
            }
        }
    }

    /// <summary>Writes the result of a policy set for each peer. <paramref name="row"/> must have space for all peers.</summary>
    public void CopyRow(int policySet, int[] row)
    {
        Array.Fill(row, _defaults[policySet]);
        foreach (var (peer, result) in _byPolicySet[policySet])
            row[peer] = result;
    }

    /// <summary>Writes the result of each policy set for a peer. <paramref name="column"/> must have space for all policy sets.</summary>
    public void CopyColumn(int peer, int[] column)
    {
        _defaults.CopyTo(column, 0);
        foreach (var (policySet, result) in _byPeer[peer])
            column[policySet] = result;
    }
}

/// <summary>The matchers of all peers. Processes one policy set at a time.</summary>
internal sealed class PeerMatcherIndex
{
    private readonly SequenceTrie _identities;
    private readonly int[][] _matchers;
    private readonly List<int>[] _peersWith;
    private readonly PolicySet?[] _usedBy;

    /// <param name="identities">The sets of matchers.</param>
    /// <param name="peers">The identity of each peer.</param>
    /// <param name="matchers">The number of matchers.</param>
    public PeerMatcherIndex(SequenceTrie identities, List<int> peers, int matchers)
    {
        _identities = identities;
        _matchers = [.. peers.Select(identities.Read)];
        _usedBy = new PolicySet?[matchers];
        _peersWith = new List<int>[matchers];
        for (var matcher = 0; matcher < matchers; matcher++)
            _peersWith[matcher] = [];
        for (var peer = 0; peer < _matchers.Length; peer++)
        {
            foreach (var matcher in _matchers[peer])
                _peersWith[matcher].Add(peer);
        }
    }

    public int PeerCount => _matchers.Length;

    /// <summary>Starts a policy set. Returns the peers with any of its matchers, some of them several times.</summary>
    public IEnumerable<int> Start(PolicySet policySet)
    {
        foreach (var matcher in policySet.Matchers)
            _usedBy[matcher] = policySet;
        return policySet.Matchers.SelectMany(t => _peersWith[t]);
    }

    /// <summary>Reduces a peer's identity to the matchers of the policy set that was started last.</summary>
    public int Project(PolicySet policySet, int peer)
    {
        var state = SequenceTrie.Root;
        foreach (var matcher in _matchers[peer])
        {
            if (_usedBy[matcher] == policySet)
                state = _identities.Next(state, matcher);
        }
        return state;
    }
}

/// <summary>Numbers the set of ports that each port policy allows.</summary>
internal sealed class AllowedPortTable(PortPolicyTable verdicts, PortSetTable ports)
{
    private readonly Dictionary<int, int> _ofPortPolicy = [];

    public int GetOrAdd(int portPolicy)
    {
        ref var allowed = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofPortPolicy, portPolicy, out var known);
        if (!known)
            allowed = ports.Add(verdicts.PortPolicy(portPolicy).FindPorts(id => verdicts.Decision(verdicts.IndexOf(id)).Verdict == Verdict.Allow));
        return allowed;
    }
}
