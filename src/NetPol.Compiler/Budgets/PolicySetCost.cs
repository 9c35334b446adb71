using NetPol.Compiler.Selection;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>What subjects cost to which the same NetworkPolicies of one namespace apply. Each number is counted when it is first asked for, up to its limit.</summary>
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

    /// <param name="direction">The direction judged.</param>
    /// <param name="policies">Those that select the subjects.</param>
    /// <param name="named">How many named ports the subjects have, where a rule of ingress asks for one.</param>
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

    /// <summary>For one subject: the policies, and the classes that may be judged otherwise than the rest.</summary>
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

    /// <summary>For all subjects of a node together: the sets of rules that match any class or nobody in particular, and the ranges in them. Beyond the limit of ranges neither is counted.</summary>
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

    /// <summary>The rules that match peers of a class, with the ports of the class where a rule asks for names; and how many ranges they have.</summary>
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
        // Rules come before ports in the key; -1 is neither.
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
