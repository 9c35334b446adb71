using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Reachability;

/// <summary>What each group of subjects decides about each peer in one direction, as numbers. First all groups and peers are met, then <see cref="Fill"/> fills it.</summary>
internal sealed class DirectionTable
{
    /// <summary>The group of whoever nobody judges.</summary>
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

    /// <param name="matchers">The traits of all peers.</param>
    /// <param name="evaluate">The number of what a group decides about a peer of which it looks at so much.</param>
    /// <param name="unevaluated">The number for who is judged by nobody.</param>
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
            var otherwise = new List<(int Peer, int Result)>();
            _byPolicySet.Add(otherwise);
            foreach (var peer in matchers.Start(policySet))
            {
                if (lastPolicySet[peer] == number)
                    continue;
                lastPolicySet[peer] = number;
                var result = evaluate(policySet, matchers.Project(policySet, peer));
                if (result == _defaults[number])
                    continue;
                otherwise.Add((peer, result));
                _byPeer[peer].Add((number, result));
            }
        }
    }

    /// <summary>Writes what a group decides about each peer; <paramref name="row"/> has room for all peers.</summary>
    public void CopyRow(int policySet, int[] row)
    {
        Array.Fill(row, _defaults[policySet]);
        foreach (var (peer, result) in _byPolicySet[policySet])
            row[peer] = result;
    }

    /// <summary>Writes what each group decides about a peer; <paramref name="column"/> has room for all groups.</summary>
    public void CopyColumn(int peer, int[] column)
    {
        _defaults.CopyTo(column, 0);
        foreach (var (policySet, result) in _byPeer[peer])
            column[policySet] = result;
    }
}

/// <summary>The traits of all peers; made for going through groups one after the other.</summary>
internal sealed class PeerMatcherIndex
{
    private readonly SequenceTrie _identities;
    private readonly int[][] _matchers;
    private readonly List<int>[] _having;
    private readonly PolicySet?[] _lookedAtBy;

    /// <param name="identities">The sets of traits.</param>
    /// <param name="peers">The class of each peer.</param>
    /// <param name="matchers">How many traits there are.</param>
    public PeerMatcherIndex(SequenceTrie identities, List<int> peers, int matchers)
    {
        _identities = identities;
        _matchers = [.. peers.Select(identities.Read)];
        _lookedAtBy = new PolicySet?[matchers];
        _having = new List<int>[matchers];
        for (var matcher = 0; matcher < matchers; matcher++)
            _having[matcher] = [];
        for (var peer = 0; peer < _matchers.Length; peer++)
        {
            foreach (var matcher in _matchers[peer])
                _having[matcher].Add(peer);
        }
    }

    public int PeerCount => _matchers.Length;

    /// <summary>The peers that have any of a group's traits; some of them several times.</summary>
    public IEnumerable<int> Start(PolicySet policySet)
    {
        foreach (var matcher in policySet.Matchers)
            _lookedAtBy[matcher] = policySet;
        return policySet.Matchers.SelectMany(t => _having[t]);
    }

    /// <summary>What of a peer the group that was begun last looks at.</summary>
    public int Project(PolicySet policySet, int peer)
    {
        var state = SequenceTrie.Root;
        foreach (var matcher in _matchers[peer])
        {
            if (_lookedAtBy[matcher] == policySet)
                state = _identities.Next(state, matcher);
        }
        return state;
    }
}

/// <summary>Numbers the set of ports that each profile allows.</summary>
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
