using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>The policies that apply to a set of subjects in one direction and peer relation, and their port policy for each peer.</summary>
internal sealed class SubjectGroup
{
    /// <summary>The value for traffic that a Pass rule sends to the next tier.</summary>
    private const int Passed = -2;

    private readonly FlatteningContext _context;
    private readonly GroupRule[] _rules;
    private readonly Judging _enforced;
    private readonly Judging? _audited;
    private readonly GroupLogging _logging;
    private readonly int _default;
    private readonly int[] _decisions;
    private readonly Dictionary<(int Decision, int Audit), int> _final = [];
    private readonly int[] _everyone;
    private readonly Dictionary<int, List<int>> _byTrait = [];
    private readonly HashSet<int> _traits;
    private readonly Dictionary<int, int> _profiles = [];

    /// <param name="context">The shared context.</param>
    /// <param name="direction">The direction of the rules.</param>
    /// <param name="rules">The rules in evaluation order.</param>
    /// <param name="policies">The policies that select the subjects. NetworkPolicies among them isolate.</param>
    /// <param name="logging">The flow record request of the subjects' namespaces.</param>
    public SubjectGroup(FlatteningContext context, Direction direction, GroupRule[] rules, Policy[] policies, FlowLogging logging)
    {
        (_context, _rules) = (context, rules);
        Policies = policies;
        _logging = new(logging, policies);
        HasNetworkPolicies = policies.Any(p => p.Tier == Tier.NetworkPolicy);
        _default = context.Verdicts.Add(Decision.ByDefault(direction));
        _enforced = new(false, Isolation(context, direction, policies.Where(p => !p.IsAudited)));
        _audited = policies.Any(p => p.IsAudited) ? new(true, Isolation(context, direction, policies)) : null;
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

    /// <summary>The policies that select the subjects.</summary>
    public Policy[] Policies { get; }

    /// <summary>Whether any NetworkPolicy selects the subjects, including audited ones.</summary>
    public bool HasNetworkPolicies { get; }

    /// <summary>The size of its content, in no particular unit.</summary>
    public int Size => _rules.Length + _traits.Count;

    /// <summary>The matchers that its rules use, ascending.</summary>
    public int[] Traits { get; }

    /// <summary>The rules in evaluation order.</summary>
    public IEnumerable<FlatRule> Rules => _rules.Select(r => r.Flat);

    /// <summary>The port matchers that some rule combines with a peer matcher. The peer -1 stands for every peer.</summary>
    public (int Peer, int[] Ports)[] PortsBeside { get; }

    /// <summary>The default port policy, for a peer without any of the matchers.</summary>
    public int Rest { get; }

    /// <summary>Reduces an identity to the matchers that this policy set uses.</summary>
    public int Project(int peerClass)
    {
        _context.Classes.Read(peerClass, _context.PeerTraits);
        return Project(_context.PeerTraits);
    }

    /// <summary>As above, for an identity that is already expanded to matchers.</summary>
    public int Project(List<int> peerTraits)
    {
        var state = SequenceTrie.Root;
        foreach (var trait in peerTraits)
        {
            if (_traits.Contains(trait))
                state = _context.Classes.Next(state, trait);
        }
        return state;
    }

    /// <summary>Returns the port policy for peers of a projected identity.</summary>
    public int Profile(int peerClass)
    {
        if (_profiles.TryGetValue(peerClass, out var known))
            return known;
        return _profiles[peerClass] = Flatten(_context.Classes.Read(peerClass));
    }

    /// <summary>Returns the port policy for peers of an identity. Null if it equals <see cref="Rest"/>.</summary>
    public int? Cell(int peerClass) => Profile(Project(peerClass)) is var profile && profile != Rest ? profile : null;

    /// <summary>Returns the rules that match peers of an identity, in evaluation order, each with its ports for them, which may be empty.</summary>
    public List<(FlatRule Rule, PortSet Ports)> Matching(int peerClass)
    {
        var traits = _context.Classes.Read(peerClass);
        var (matching, ranges) = (_context.Matching, _context.Ranges);
        FindMatching(traits, matching);
        return matching.ConvertAll(rule =>
        {
            if (_rules[rule].Flat.EveryPort)
                return (_rules[rule].Flat, PortSet.Everything);
            ranges.Clear();
            AddRanges(rule, traits, ranges);
            return (_rules[rule].Flat, ranges.Aggregate(PortSet.Nothing, (all, r) => all.Or(PortSet.Of(r.Protocol, r.Range))));
        });
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
        Paint(_enforced, traits);
        if (_audited is { } audited)
        {
            painter.BeginAnother();
            Paint(audited, traits);
            painter.Join(Final);
        }
        else if (_logging.Any)
        {
            painter.Recolour(decision => Final(decision, decision));
        }
        return _context.Verdicts.Add(painter);
    }

    private void Paint(Judging judging, int[] traits)
    {
        var painter = _context.Painter;
        Paint(Tier.Admin, judging, traits);
        painter.Lift(Passed);
        if (judging.Isolation is { } isolation)
        {
            Paint(Tier.NetworkPolicy, judging, traits);
            painter.PaintEverything(isolation);
        }
        else
        {
            Paint(Tier.Baseline, judging, traits);
            painter.Lift(Passed);
            painter.PaintEverything(_default);
        }
    }

    private static int? Isolation(FlatteningContext context, Direction direction, IEnumerable<Policy> policies) =>
        policies.Where(p => p.Tier == Tier.NetworkPolicy).Select(p => p.Id).ToArray() is { Length: > 0 } isolating
            ? context.Verdicts.Add(Decision.ByIsolation(direction, isolating))
            : null;

    /// <summary>Adds audit and logging to a decision.</summary>
    private int Final(int decision, int audit)
    {
        ref var final = ref CollectionsMarshal.GetValueRefOrAddDefault(_final, (decision, audit), out var known);
        if (known)
            return final;
        var (plain, other) = (_context.Verdicts.Decision(decision), _context.Verdicts.Decision(audit));
        return final = _context.Verdicts.Add(plain.With(other, _logging.Logs(plain) || _logging.Logs(other)));
    }

    /// <summary>Finds the rules that match a peer with these matchers, in order.</summary>
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

    private void Paint(Tier tier, Judging judging, int[] traits)
    {
        foreach (var rule in _context.Matching)
        {
            if (_rules[rule].Tier != tier || (_rules[rule].Flat.Policy.IsAudited && !judging.WithAudited))
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

    /// <summary>Whether audited policies count, and the decision of isolation.</summary>
    /// <param name="WithAudited">Whether audited policies count.</param>
    /// <param name="Isolation">The decision about what isolation does not let through; null when nothing isolates.</param>
    private readonly record struct Judging(bool WithAudited, int? Isolation);
}
