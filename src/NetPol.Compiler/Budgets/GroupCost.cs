using NetPol.Compiler.Indexing;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>What subjects cost to which the same NetworkPolicies of one namespace apply. Each number is counted when it is first asked for, up to its limit.</summary>
internal sealed class GroupCost
{
    private readonly Direction _direction;
    private readonly int _policies;
    private readonly int _named;
    private readonly FlatRule[] _rules;
    private readonly Dictionary<int, List<int>> _byTrait = [];
    private readonly int[] _everyone;
    private readonly bool _asksEveryoneForPorts;
    private int _entries = -1;
    private (int PortPolicies, int PortRanges)? _ports;

    /// <param name="direction">The direction judged.</param>
    /// <param name="policies">Those that select the subjects.</param>
    /// <param name="named">How many named ports the subjects have, where a rule of ingress asks for one.</param>
    public GroupCost(Direction direction, List<FlatPolicy> policies, int named)
    {
        (_direction, _policies, _named) = (direction, policies.Count, named);
        _rules = [.. policies.SelectMany(p => p.Rules(direction))];
        _everyone = [.. Enumerable.Range(0, _rules.Length).Where(r => _rules[r].Everyone)];
        _asksEveryoneForPorts = direction == Direction.Egress && _everyone.Any(r => _rules[r].Names.Length > 0);
        for (var i = 0; i < _rules.Length; i++)
        {
            foreach (var trait in _rules[i].Traits)
            {
                if (!_byTrait.TryGetValue(trait, out var list))
                    _byTrait[trait] = list = [];
                list.Add(i);
            }
        }
    }

    public IReadOnlyList<FlatRule> Rules => _rules;

    /// <summary>For one subject: the policies, and the classes that may be judged otherwise than the rest.</summary>
    public int Entries(SideCost side, int limit)
    {
        if (_entries >= 0)
            return _entries;
        _entries = _policies;
        foreach (var peer in side.Classes)
        {
            if (Looks(side, peer) && ++_entries > limit)
                break;
        }
        return _entries;
    }

    /// <summary>For all subjects of a node together: the sets of rules that match any class or nobody in particular, and the ranges in them. Beyond the limit of ranges neither is counted.</summary>
    public (int PortPolicies, int PortRanges) Ports(SideCost side, int limit)
    {
        if (_ports is { } known)
            return known;
        var sets = new HashSet<int[]>(TraitSets.Comparer);
        long ranges = 0;
        foreach (var peer in side.Classes.Prepend([]))
        {
            if (peer.Length > 0 && !Looks(side, peer))
                continue;
            var (key, size) = Match(side, peer);
            if (sets.Add(key) && (ranges += size) > limit)
                break;
        }
        _ports = (sets.Count, (int)Math.Min(ranges, int.MaxValue));
        return _ports.Value;
    }

    private bool Looks(SideCost side, int[] peer) => Array.Exists(peer, t => _byTrait.ContainsKey(t) || (_asksEveryoneForPorts && side.IsPort(t)));

    /// <summary>The rules that match peers of a class, with the ports of the class where a rule asks for names; and how many ranges they have.</summary>
    private (int[] Key, long Ranges) Match(SideCost side, int[] peer)
    {
        var matching = new SortedSet<int>(_everyone);
        foreach (var trait in peer)
        {
            if (_byTrait.TryGetValue(trait, out var rules))
                matching.UnionWith(rules);
        }
        var asks = _direction == Direction.Egress && matching.Any(r => _rules[r].Names.Length > 0);
        int[] ports = asks ? [.. peer.Where(side.IsPort)] : [];
        var named = _direction == Direction.Egress ? ports.Length : _named;
        var ranges = matching.Sum(r => Math.Max(1L, _rules[r].Numbers.Length + (_rules[r].Names.Length > 0 ? named : 0)));
        // Rules come before ports in the key; -1 is neither.
        return ([.. matching, -1, .. ports], Math.Max(1, ranges));
    }
}
