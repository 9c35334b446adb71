using NetPol.Compiler.Selection;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>The cost of subjects with the same NetworkPolicies of one namespace. Each number is counted on first use, up to its limit.</summary>
internal sealed class PolicySetCost
{
    private readonly Direction _direction;
    private readonly int _policies;
    private readonly int _named;
    private readonly NormalizedRule[] _rules;
    private readonly Dictionary<int, List<int>> _byMatcher = [];
    private readonly int[] _everyone;
    private readonly bool _asksEveryoneForPorts;
    private int _entries = -1;
    private (int PortPolicies, int PortRanges)? _ports;

    /// <param name="direction">The direction of the rules.</param>
    /// <param name="policies">The policies that select the subjects.</param>
    /// <param name="named">The number of the subjects' named ports, if an ingress rule uses any. Otherwise 0.</param>
    public PolicySetCost(Direction direction, List<NormalizedPolicy> policies, int named)
    {
        (_direction, _policies, _named) = (direction, policies.Count, named);
        _rules = [.. policies.SelectMany(p => p.Rules(direction))];
        _everyone = [.. Enumerable.Range(0, _rules.Length).Where(r => _rules[r].MatchesEveryPeer)];
        _asksEveryoneForPorts = direction == Direction.Egress && _everyone.Any(r => _rules[r].PortNames.Length > 0);
        for (var i = 0; i < _rules.Length; i++)
        {
            foreach (var matcher in _rules[i].Matchers)
            {
                if (!_byMatcher.TryGetValue(matcher, out var list))
                    _byMatcher[matcher] = list = [];
                list.Add(i);
            }
        }
    }

    public IReadOnlyList<NormalizedRule> Rules => _rules;

    /// <summary>Returns the entries of one subject: its policies, and the identities whose port policy may differ from the default.</summary>
    public int CountEntries(DirectionCost side, int limit)
    {
        if (_entries >= 0)
            return _entries;
        _entries = _policies;
        foreach (var peer in side.Identities)
        {
            if (Matters(side, peer) && ++_entries > limit)
                break;
        }
        return _entries;
    }

    /// <summary>Returns the port policies (distinct sets of rules that match an identity or the default) and their port ranges. Stops counting above the limit of ranges.</summary>
    public (int PortPolicies, int PortRanges) CountPorts(DirectionCost side, int limit)
    {
        if (_ports is { } known)
            return known;
        var sets = new HashSet<int[]>(IntArrayComparer.Instance);
        long ranges = 0;
        foreach (var peer in side.Identities.Prepend([]))
        {
            if (peer.Length > 0 && !Matters(side, peer))
                continue;
            var (key, size) = FindMatchingRules(side, peer);
            if (sets.Add(key) && (ranges += size) > limit)
                break;
        }
        _ports = (sets.Count, (int)Math.Min(ranges, int.MaxValue));
        return _ports.Value;
    }

    private bool Matters(DirectionCost side, int[] peer) => Array.Exists(peer, t => _byMatcher.ContainsKey(t) || (_asksEveryoneForPorts && side.IsPort(t)));

    /// <summary>Returns the rules that match an identity, with its named ports if a rule uses names, and the number of their port ranges.</summary>
    private (int[] Key, long Ranges) FindMatchingRules(DirectionCost side, int[] peer)
    {
        var matching = new SortedSet<int>(_everyone);
        foreach (var matcher in peer)
        {
            if (_byMatcher.TryGetValue(matcher, out var rules))
                matching.UnionWith(rules);
        }
        var asks = _direction == Direction.Egress && matching.Any(r => _rules[r].PortNames.Length > 0);
        int[] ports = asks ? [.. peer.Where(side.IsPort)] : [];
        var named = _direction == Direction.Egress ? ports.Length : _named;
        var ranges = matching.Sum(r => Math.Max(1L, _rules[r].PortNumbers.Length + (_rules[r].PortNames.Length > 0 ? named : 0)));
        // The key contains rules, then -1 as separator, then ports.
        return ([.. matching, -1, .. ports], Math.Max(1, ranges));
    }
}

/// <summary>Compares lists of numbers by content.</summary>
internal sealed class IntArrayComparer : IEqualityComparer<int[]>
{
    public static IntArrayComparer Instance { get; } = new();

    public bool Equals(int[]? x, int[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    public int GetHashCode(int[] obj)
    {
        var hash = new HashCode();
        foreach (var number in obj)
            hash.Add(number);
        return hash.ToHashCode();
    }
}
