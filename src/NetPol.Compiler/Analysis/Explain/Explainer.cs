using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Explains single connections: the deciding rule and the rules that it overrules. Reads the policies themselves, not compiled rule sets.</summary>
public sealed class Explainer(ClusterSnapshot snapshot)
{
    private readonly ClusterLookup _cluster = new(snapshot);

    /// <summary>Explains a connection. The verdict equals the verdict of the compiled rule sets.</summary>
    public Explanation Explain(Connection connection) => new(
        connection,
        SideExplainer.Explain(new(_cluster, connection, Direction.Egress)),
        SideExplainer.Explain(new(_cluster, connection, Direction.Ingress)));

    /// <summary>
    /// Returns one explanation for each address family that both pods have, V4 first, between their first addresses of the family. Empty if they have
    /// no family in common.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such pod.</exception>
    public ValueArray<Explanation> Explain(PodId source, PodId destination, Protocol protocol, ushort port)
    {
        var (from, to) = (AddressesOf(source), AddressesOf(destination));
        return from.OrderBy(a => a.Family).DistinctBy(a => a.Family)
            .Where(a => to.Any(b => b.Family == a.Family))
            .Select(a => Explain(new Connection(a, to.First(b => b.Family == a.Family), protocol, port)))
            .ToValueArray();
    }

    private ValueArray<IpAddress> AddressesOf(PodId id) =>
        _cluster.Snapshot.Pods.FirstOrDefault(p => p.Id == id)?.Addresses ?? throw new ArgumentException($"there is no pod {id}", nameof(id));
}

/// <summary>Evaluates the tiers for one side of a connection.</summary>
/// <param name="side">The side.</param>
/// <param name="withAudited">Whether audited policies count as if they were enforced.</param>
internal sealed class SideExplainer(ConnectionSide side, bool withAudited)
{
    private readonly RuleMatcher _matcher = new(side);
    private Decision? _decision;

    /// <summary>Returns the enforced result. If audited policies select the subject, it contains their result too.</summary>
    public static SideExplanation Explain(ConnectionSide side)
    {
        var enforced = new SideExplainer(side, withAudited: false).Explain();
        var audit = new SideExplainer(side, withAudited: true).Explain();
        var decision = enforced.Decision.WithAudit(audit.Decision, FlowLogCheck.IsLogged(side, enforced.Decision) || FlowLogCheck.IsLogged(side, audit.Decision));
        return enforced with { Decision = decision, Audit = audit.Tiers == enforced.Tiers ? null : audit };
    }

    private SideExplanation Explain()
    {
        ValueArray<TierExplanation> tiers = [];
        if (side.PolicyScope is PolicyScope.AllTiers or PolicyScope.SelfThroughService or PolicyScope.ToOwnNode)
            tiers = [ExplainOrderedTier(Tier.Admin), ExplainNetworkPolicies(), ExplainOrderedTier(Tier.Baseline)];
        return new(
            side.Direction,
            side.Subject,
            side.SubjectPods.Select(p => p.Id).ToValueArray(),
            side.Peer,
            side.PeerPods.Select(p => p.Id).ToValueArray(),
            side.Node,
            side.PolicyScope,
            tiers,
            _decision ?? Decision.ByDefault(side.Direction))
        {
            Remedies = RemedyFinder.Find(side, tiers),
        };
    }

    /// <summary>Evaluates Admin or Baseline: the first matching rule decides or passes.</summary>
    private TierExplanation ExplainOrderedTier(Tier tier)
    {
        var policies = Policies(tier);
        var steps = new List<RuleStep>();
        var overruled = new List<Decision>();
        var outcome = policies.Count == 0 ? TierOutcome.NoPolicies : _decision is null ? TierOutcome.NoMatch : TierOutcome.NotReached;
        foreach (var (policy, rule) in Rules(policies))
        {
            var step = _matcher.Match(policy, rule);
            if (step.Matches && outcome != TierOutcome.NoMatch)
                step = Overrule(step, policy, rule, overruled);
            steps.Add(step);
            if (step.Role == StepRole.Passes)
                outcome = TierOutcome.Passed;
            if (step.Role != StepRole.Decides)
                continue;
            outcome = TierOutcome.Decided;
            _decision = ToDecision(step, policy, rule);
        }
        return new(tier, outcome, policies.Select(p => p.Id).ToValueArray(), steps.ToValueArray(), overruled.ToValueArray());
    }

    /// <summary>Evaluates the NetworkPolicy tier. If any policy selects the subject, the first matching rule allows; without one, isolation denies.</summary>
    private TierExplanation ExplainNetworkPolicies()
    {
        var policies = Policies(Tier.NetworkPolicy);
        var ids = policies.Select(p => p.Id).ToValueArray();
        if (policies.Count > 0 && side.PolicyScope != PolicyScope.AllTiers)
            return new(Tier.NetworkPolicy, TierOutcome.NotApplicable, ids, [], []);
        var steps = new List<RuleStep>();
        var overruled = new List<Decision>();
        var outcome = policies.Count == 0 ? TierOutcome.NoPolicies : _decision is null ? TierOutcome.Isolated : TierOutcome.NotReached;
        var allowed = false;
        foreach (var (policy, rule) in Rules(policies))
        {
            var step = _matcher.Match(policy, rule);
            allowed |= step.Matches;
            if (step.Matches && outcome != TierOutcome.Isolated)
                step = Overrule(step, policy, rule, overruled);
            steps.Add(step);
            if (step.Role != StepRole.Decides)
                continue;
            outcome = TierOutcome.Decided;
            _decision = ToDecision(step, policy, rule);
        }
        if (policies.Count > 0 && !allowed)
        {
            var isolation = Decision.ByIsolation(side.Direction, ids);
            if (outcome == TierOutcome.Isolated)
                _decision = isolation;
            else
                overruled.Add(isolation);
        }
        return new(Tier.NetworkPolicy, outcome, ids, steps.ToValueArray(), overruled.ToValueArray());
    }

    private RuleStep Overrule(RuleStep step, Policy policy, Rule rule, List<Decision> overruled)
    {
        if (step.Action != RuleAction.Pass)
            overruled.Add(ToDecision(step, policy, rule));
        return step with { Role = StepRole.Overruled };
    }

    private Decision ToDecision(RuleStep step, Policy policy, Rule rule) =>
        Decision.ByRule(side.Direction, step.Action == RuleAction.Allow ? Verdict.Allow : Verdict.Deny, policy, rule);

    private List<Policy> Policies(Tier tier) => [.. side.Cluster.Snapshot.Policies.Where(p =>
        p.Tier == tier && p.HasEffect && (withAudited || !p.IsAudited) && p.Rules(side.Direction) is { } rules && (tier == Tier.NetworkPolicy || rules.Count > 0) &&
        side.SubjectPods.Exists(pod => side.Cluster.Selects(p.Subject, pod)))];

    private IEnumerable<(Policy Policy, Rule Rule)> Rules(List<Policy> policies) =>
        policies.SelectMany(p => p.Rules(side.Direction)!.Value.Select(r => (p, r)));
}

/// <summary>Checks whether a flow record of a decision is requested.</summary>
internal static class FlowLogCheck
{
    public static bool IsLogged(ConnectionSide side, Decision decision)
    {
        if (side.PolicyScope is PolicyScope.NoPod or PolicyScope.NoNode or PolicyScope.FromOwnNode or PolicyScope.OwnAddress)
            return false;
        var byPolicies = side.Cluster.Snapshot.Policies.Where(p => p.Id == decision.Policy || decision.IsolatedBy.Contains(p.Id)).Select(p => p.Logging);
        var byNamespaces = side.SubjectPods.Select(p => side.Cluster.LoggingOf(p.Id.Namespace));
        return byPolicies.Concat(byNamespaces).Any(asked => decision.Verdict == Verdict.Deny ? asked != FlowLogging.None : asked == FlowLogging.All);
    }
}
