using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>Subjects to which the same rules apply in one direction and scope, and what those rules decide for a peer.</summary>
internal sealed class SubjectGroup
{
    /// <summary>The colour of what a Pass sends on to the next tier.</summary>
    private const int Passed = -2;

    private readonly FlatteningContext _context;
    private readonly GroupRule[] _rules;
    private readonly int _isolation;
    private readonly int _default;
    private readonly int[] _decisions;
    private readonly int[] _everyone;
    private readonly Dictionary<int, List<int>> _byTrait = [];
    private readonly HashSet<int> _traits;
    private readonly Dictionary<int, int> _profiles = [];

    /// <param name="context">What all groups share.</param>
    /// <param name="direction">The direction judged.</param>
    /// <param name="rules">In the order of evaluation.</param>
    /// <param name="isolatedBy">The NetworkPolicies that isolate the subjects, possibly none.</param>
    public SubjectGroup(FlatteningContext context, Direction direction, GroupRule[] rules, PolicyId[] isolatedBy)
    {
        (_context, _rules) = (context, rules);
        IsIsolated = isolatedBy.Length > 0;
        _default = context.Verdicts.Add(Decision.ByDefault(direction));
        _isolation = IsIsolated ? context.Verdicts.Add(Decision.ByIsolation(direction, isolatedBy)) : -1;
        _decisions = [.. rules.Select(r => Colour(direction, r))];
        _everyone = [.. Enumerable.Range(0, rules.Length).Where(r => rules[r].Flat.Everyone)];
        for (var i = 0; i < rules.Length; i++)
        {
            foreach (var trait in rules[i].Flat.Traits)
            {
                if (!_byTrait.TryGetValue(trait, out var list))
                    _byTrait[trait] = list = [];
                list.Add(i);
            }
        }
        _traits = [.. _byTrait.Keys, .. rules.SelectMany(r => r.PortTraits)];
        Traits = [.. _traits.Order()];
        PortsBeside = [.. rules.Where(r => r.PortTraits.Length > 0)
            .SelectMany(r => r.Flat.Everyone ? [(-1, r.PortTraits)] : r.Flat.Traits.Select(t => (t, r.PortTraits)))];
        Rest = Profile(SequenceTrie.Root);
    }

    public bool IsIsolated { get; }

    /// <summary>How much it holds, in no particular unit.</summary>
    public int Size => _rules.Length + _traits.Count;

    /// <summary>The traits of a peer that its rules look at, ascending.</summary>
    public int[] Traits { get; }

    /// <summary>The port traits that some rule looks at together with a trait of the peer; with -1 for the peer: whoever the peer is.</summary>
    public (int Peer, int[] Ports)[] PortsBeside { get; }

    /// <summary>The profile for a peer without any of its traits.</summary>
    public int Rest { get; }

    /// <summary>What of a class this group looks at.</summary>
    public int Project(int peerClass)
    {
        var state = SequenceTrie.Root;
        foreach (var trait in _context.Classes.Read(peerClass))
        {
            if (_traits.Contains(trait))
                state = _context.Classes.Next(state, trait);
        }
        return state;
    }

    /// <summary>The profile for peers of a class. Classes that differ only in traits that the group does not look at give the same.</summary>
    public int Profile(int peerClass)
    {
        if (_profiles.TryGetValue(peerClass, out var known))
            return known;
        return _profiles[peerClass] = Flatten(_context.Classes.Read(peerClass));
    }

    private int Colour(Direction direction, GroupRule rule) => rule.Flat.Action == RuleAction.Pass
        ? Passed
        : _context.Verdicts.Add(Decision.ByRule(
            direction, rule.Flat.Action == RuleAction.Allow ? Verdict.Allow : Verdict.Deny, rule.Flat.Policy, rule.Flat.Rule));

    private int Flatten(int[] traits)
    {
        var (matching, ranges, painter) = (_context.Matching, _context.Ranges, _context.Painter);
        FindMatching(traits, matching);
        ranges.Clear();
        foreach (var rule in matching)
            AddRanges(rule, traits, ranges);
        painter.Begin(ranges);
        Paint(Tier.Admin, traits);
        painter.Lift(Passed);
        if (IsIsolated)
        {
            Paint(Tier.NetworkPolicy, traits);
            painter.PaintEverything(_isolation);
        }
        else
        {
            Paint(Tier.Baseline, traits);
            painter.Lift(Passed);
            painter.PaintEverything(_default);
        }
        return _context.Verdicts.Add(painter);
    }

    /// <summary>The rules that match a peer with these traits, in order.</summary>
    private void FindMatching(int[] traits, List<int> matching)
    {
        matching.Clear();
        matching.AddRange(_everyone);
        foreach (var trait in traits)
        {
            if (_byTrait.TryGetValue(trait, out var rules))
                matching.AddRange(rules);
        }
        matching.Sort();
        var kept = 0;
        for (var i = 0; i < matching.Count; i++)
        {
            if (i == 0 || matching[i] != matching[i - 1])
                matching[kept++] = matching[i];
        }
        matching.RemoveRange(kept, matching.Count - kept);
    }

    private void Paint(Tier tier, int[] traits)
    {
        foreach (var rule in _context.Matching)
        {
            if (_rules[rule].Tier != tier)
                continue;
            if (_rules[rule].Flat.EveryPort)
            {
                _context.Painter.PaintEverything(_decisions[rule]);
                continue;
            }
            _context.Ranges.Clear();
            AddRanges(rule, traits, _context.Ranges);
            foreach (var (protocol, range) in _context.Ranges)
                _context.Painter.Paint(protocol, range, _decisions[rule]);
        }
    }

    private void AddRanges(int rule, int[] traits, List<(Protocol Protocol, PortRange Range)> ranges)
    {
        ranges.AddRange(_rules[rule].Ports);
        foreach (var trait in _rules[rule].PortTraits)
        {
            if (traits.Contains(trait) && _context.Index.Traits[trait].Port is { } port)
                ranges.Add((port.Protocol, PortRange.Single(port.Number)));
        }
    }
}
