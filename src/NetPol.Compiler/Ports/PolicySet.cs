using System.Runtime.InteropServices;
using NetPol.Compiler.Selection;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Ports;

/// <summary>The policies that apply to a set of subjects in one direction and peer relation, and their port policy for each peer.</summary>
internal sealed class PolicySet
{
    /// <summary>The value for traffic that a Pass rule sends to the next tier.</summary>
    private const int Passed = -2;

    private readonly PolicySetContext _context;
    private readonly PolicySetRule[] _rules;
    private readonly EvaluationMode _enforced;
    private readonly EvaluationMode? _audited;
    private readonly PolicySetLogging _logging;
    private readonly int _default;
    private readonly int[] _decisions;
    private readonly Dictionary<(int Decision, int Audit), int> _final = [];
    private readonly int[] _everyone;
    private readonly Dictionary<int, List<int>> _byMatcher = [];
    private readonly HashSet<int> _matchers;
    private readonly Dictionary<int, int> _portPolicies = [];

    /// <param name="context">The shared context.</param>
    /// <param name="direction">The direction of the rules.</param>
    /// <param name="rules">The rules in evaluation order.</param>
    /// <param name="policies">The policies that select the subjects. NetworkPolicies among them isolate.</param>
    /// <param name="logging">The flow record request of the subjects' namespaces.</param>
    public PolicySet(PolicySetContext context, Direction direction, PolicySetRule[] rules, Policy[] policies, FlowLogging logging)
    {
        (_context, _rules) = (context, rules);
        Policies = policies;
        _logging = new(logging, policies);
        HasNetworkPolicies = policies.Any(p => p.Tier == Tier.NetworkPolicy);
        _default = context.PortPolicies.Add(Decision.ByDefault(direction));
        _enforced = new(false, IsolationDecision(context, direction, policies.Where(p => !p.IsAudited)));
        _audited = policies.Any(p => p.IsAudited) ? new(true, IsolationDecision(context, direction, policies)) : null;
        _decisions = [.. rules.Select(r => DecisionOf(direction, r))];
        _everyone = [.. Enumerable.Range(0, rules.Length).Where(r => rules[r].Rule.MatchesEveryPeer)];
        for (var i = 0; i < rules.Length; i++)
        {
            foreach (var matcher in rules[i].Rule.Matchers)
            {
                if (!_byMatcher.TryGetValue(matcher, out var list))
                    _byMatcher[matcher] = list = [];
                list.Add(i);
            }
        }
        _matchers = [.. _byMatcher.Keys, .. rules.SelectMany(r => r.PortMatchers)];
        Matchers = [.. _matchers.Order()];
        PortMatchersByPeer = [.. rules.Where(r => r.PortMatchers.Length > 0)
            .SelectMany(r => r.Rule.MatchesEveryPeer ? [(-1, r.PortMatchers)] : r.Rule.Matchers.Select(t => (t, r.PortMatchers)))];
        DefaultPolicy = PortPolicyFor(SequenceTrie.Root);
    }

    /// <summary>The policies that select the subjects.</summary>
    public Policy[] Policies { get; }

    /// <summary>Whether any NetworkPolicy selects the subjects, including audited ones.</summary>
    public bool HasNetworkPolicies { get; }

    /// <summary>The size of its content, in no particular unit.</summary>
    public int Size => _rules.Length + _matchers.Count;

    /// <summary>The matchers that its rules use, ascending.</summary>
    public int[] Matchers { get; }

    /// <summary>The rules in evaluation order.</summary>
    public IEnumerable<NormalizedRule> Rules => _rules.Select(r => r.Rule);

    /// <summary>The port matchers that some rule combines with a peer matcher. The peer -1 stands for every peer.</summary>
    public (int Peer, int[] Ports)[] PortMatchersByPeer { get; }

    /// <summary>The default port policy, for a peer without any of the matchers.</summary>
    public int DefaultPolicy { get; }

    /// <summary>Reduces an identity to the matchers that this policy set uses.</summary>
    public int Project(int peerIdentity)
    {
        _context.Identities.Read(peerIdentity, _context.PeerMatchers);
        return Project(_context.PeerMatchers);
    }

    /// <summary>As above, for an identity that is already expanded to matchers.</summary>
    public int Project(List<int> peerMatchers)
    {
        var state = SequenceTrie.Root;
        foreach (var matcher in peerMatchers)
        {
            if (_matchers.Contains(matcher))
                state = _context.Identities.Next(state, matcher);
        }
        return state;
    }

    /// <summary>Returns the port policy for peers of a projected identity.</summary>
    public int PortPolicyFor(int peerIdentity)
    {
        if (_portPolicies.TryGetValue(peerIdentity, out var known))
            return known;
        return _portPolicies[peerIdentity] = CreatePortPolicy(_context.Identities.Read(peerIdentity));
    }

    /// <summary>Returns the port policy for peers of an identity. Null if it equals <see cref="DefaultPolicy"/>.</summary>
    public int? FindPolicyEntry(int peerIdentity) => PortPolicyFor(Project(peerIdentity)) is var portPolicy && portPolicy != DefaultPolicy ? portPolicy : null;

    /// <summary>Returns the rules that match peers of an identity, in evaluation order, each with its ports for them, which may be empty.</summary>
    public List<(NormalizedRule Rule, PortSet Ports)> FindMatchingRules(int peerIdentity)
    {
        var matchers = _context.Identities.Read(peerIdentity);
        var (matching, ranges) = (_context.Matching, _context.Ranges);
        FindMatching(matchers, matching);
        return matching.ConvertAll(rule =>
        {
            if (_rules[rule].Rule.MatchesEveryPort)
                return (_rules[rule].Rule, PortSet.Everything);
            ranges.Clear();
            AddRanges(rule, matchers, ranges);
            return (_rules[rule].Rule, ranges.Aggregate(PortSet.Nothing, (all, r) => all.Union(PortSet.Create(r.Protocol, r.Range))));
        });
    }

    private int DecisionOf(Direction direction, PolicySetRule rule) => rule.Rule.Action == RuleAction.Pass
        ? Passed
        : _context.PortPolicies.Add(Decision.ByRule(
            direction, rule.Rule.Action == RuleAction.Allow ? Verdict.Allow : Verdict.Deny, rule.Rule.Policy, rule.Rule.Rule));

    private int CreatePortPolicy(int[] matchers)
    {
        var (matching, ranges, flattener) = (_context.Matching, _context.Ranges, _context.Flattener);
        FindMatching(matchers, matching);
        ranges.Clear();
        foreach (var rule in matching)
            AddRanges(rule, matchers, ranges);
        flattener.Reset(ranges);
        AssignDecisions(_enforced, matchers);
        if (_audited is { } audited)
        {
            flattener.SetAside();
            AssignDecisions(audited, matchers);
            flattener.Combine(WithAudit);
        }
        else if (_logging.LogsAnything)
        {
            flattener.Replace(decision => WithAudit(decision, decision));
        }
        return _context.PortPolicies.Add(flattener);
    }

    private void AssignDecisions(EvaluationMode evaluating, int[] matchers)
    {
        var flattener = _context.Flattener;
        AssignDecisions(Tier.Admin, evaluating, matchers);
        flattener.Unassign(Passed);
        if (evaluating.Isolation is { } isolation)
        {
            AssignDecisions(Tier.NetworkPolicy, evaluating, matchers);
            flattener.AssignEverything(isolation);
        }
        else
        {
            AssignDecisions(Tier.Baseline, evaluating, matchers);
            flattener.Unassign(Passed);
            flattener.AssignEverything(_default);
        }
    }

    private static int? IsolationDecision(PolicySetContext context, Direction direction, IEnumerable<Policy> policies) =>
        policies.Where(p => p.Tier == Tier.NetworkPolicy).Select(p => p.Id).ToArray() is { Length: > 0 } isolating
            ? context.PortPolicies.Add(Decision.ByIsolation(direction, isolating))
            : null;

    /// <summary>Adds audit and logging to a decision.</summary>
    private int WithAudit(int decision, int audit)
    {
        ref var final = ref CollectionsMarshal.GetValueRefOrAddDefault(_final, (decision, audit), out var known);
        if (known)
            return final;
        var (plain, other) = (_context.PortPolicies.Decision(decision), _context.PortPolicies.Decision(audit));
        return final = _context.PortPolicies.Add(plain.WithAudit(other, _logging.Logs(plain) || _logging.Logs(other)));
    }

    /// <summary>Finds the rules that match a peer with these matchers, in order.</summary>
    private void FindMatching(int[] matchers, List<int> matching)
    {
        matching.Clear();
        matching.AddRange(_everyone);
        foreach (var matcher in matchers)
        {
            if (_byMatcher.TryGetValue(matcher, out var rules))
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

    private void AssignDecisions(Tier tier, EvaluationMode evaluating, int[] matchers)
    {
        foreach (var rule in _context.Matching)
        {
            if (_rules[rule].Tier != tier || (_rules[rule].Rule.Policy.IsAudited && !evaluating.WithAudited))
                continue;
            if (_rules[rule].Rule.MatchesEveryPort)
            {
                _context.Flattener.AssignEverything(_decisions[rule]);
                continue;
            }
            _context.Ranges.Clear();
            AddRanges(rule, matchers, _context.Ranges);
            foreach (var (protocol, range) in _context.Ranges)
                _context.Flattener.Assign(protocol, range, _decisions[rule]);
        }
    }

    private void AddRanges(int rule, int[] matchers, List<(Protocol Protocol, PortRange Range)> ranges)
    {
        ranges.AddRange(_rules[rule].Ports);
        foreach (var matcher in _rules[rule].PortMatchers)
        {
            if (matchers.Contains(matcher) && _context.Index.Matchers[matcher].Port is { } port)
                ranges.Add((port.Protocol, PortRange.Single(port.Number)));
        }
    }

    /// <summary>Whether audited policies count, and the decision of isolation.</summary>
    /// <param name="WithAudited">Whether audited policies count.</param>
    /// <param name="Isolation">The decision about what isolation does not let through; null when nothing isolates.</param>
    private readonly record struct EvaluationMode(bool WithAudited, int? Isolation);
}

/// <summary>The flow record requests for the decisions of a policy set, by the namespaces of its subjects or by the deciding policies.</summary>
/// <param name="namespaces">The request of the subjects' namespaces.</param>
/// <param name="policies">The policies that select the subjects.</param>
internal sealed class PolicySetLogging(FlowLogging namespaces, Policy[] policies)
{
    private readonly Dictionary<PolicyId, FlowLogging> _asking = policies.Where(p => p.Logging != FlowLogging.None).ToDictionary(p => p.Id, p => p.Logging);

    /// <summary>Whether any flow record is requested.</summary>
    public bool LogsAnything => namespaces != FlowLogging.None || _asking.Count > 0;

    public bool Logs(Decision decision)
    {
        var least = decision.Verdict == Verdict.Deny ? FlowLogging.Denied : FlowLogging.All;
        return namespaces >= least || (decision.Policy is { } policy && Asks(policy)) || decision.IsolatedBy.Any(Asks);

        bool Asks(PolicyId id) => _asking.GetValueOrDefault(id) >= least;
    }
}

/// <summary>A rule as it applies to the subjects of a policy set.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Ports">Its ports by number. For ingress including the named ports, resolved on the subjects.</param>
/// <param name="PortMatchers">For egress: the port matchers of its named ports, to be resolved on the peer.</param>
internal sealed record PolicySetRule(NormalizedRule Rule, (Protocol Protocol, PortRange Range)[] Ports, int[] PortMatchers)
{
    public Tier Tier => Rule.Policy.Tier;
}
