using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>Walks the tiers for one side of a connection.</summary>
/// <param name="side">The side.</param>
/// <param name="withAudited">Whether audited policies count as if they were enforced.</param>
internal sealed class SideExplainer(SideFacts side, bool withAudited)
{
    private readonly RuleMatcher _matcher = new(side);
    private Decision? _decision;

    /// <summary>What is enforced, and where policies are audited what would be.</summary>
    public static SideExplanation Explain(SideFacts side)
    {
        var enforced = new SideExplainer(side, withAudited: false).Explain();
        var audit = new SideExplainer(side, withAudited: true).Explain();
        var decision = enforced.Decision.With(audit.Decision, LogReasons.IsLogged(side, enforced.Decision) || LogReasons.IsLogged(side, audit.Decision));
        return enforced with { Decision = decision, Audit = audit.Tiers == enforced.Tiers ? null : audit };
    }

    private SideExplanation Explain()
    {
        ValueArray<TierExplanation> tiers = [];
        if (side.Judgement is Judgement.Full or Judgement.Self or Judgement.ToOwnNode)
            tiers = [Ordered(Tier.Admin), NetworkPolicies(), Ordered(Tier.Baseline)];
        return new(
            side.Direction,
            side.Subject,
            side.SubjectPods.Select(p => p.Id).ToValueArray(),
            side.Peer,
            side.PeerPods.Select(p => p.Id).ToValueArray(),
            side.Node,
            side.Judgement,
            tiers,
            _decision ?? Decision.ByDefault(side.Direction))
        {
            Remedy = Remedies.Find(side, tiers),
        };
    }

    /// <summary>Admin and Baseline: the first rule that matches decides or passes.</summary>
    private TierExplanation Ordered(Tier tier)
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
            _decision = Decides(step, policy, rule);
        }
        return new(tier, outcome, policies.Select(p => p.Id).ToValueArray(), steps.ToValueArray(), overruled.ToValueArray());
    }

    /// <summary>Isolation: allowed by the first rule that matches, else denied, and final either way.</summary>
    private TierExplanation NetworkPolicies()
    {
        var policies = Policies(Tier.NetworkPolicy);
        var ids = policies.Select(p => p.Id).ToValueArray();
        if (policies.Count > 0 && side.Judgement != Judgement.Full)
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
            _decision = Decides(step, policy, rule);
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
            overruled.Add(Decides(step, policy, rule));
        return step with { Role = StepRole.Overruled };
    }

    private Decision Decides(RuleStep step, Policy policy, Rule rule) =>
        Decision.ByRule(side.Direction, step.Action == RuleAction.Allow ? Verdict.Allow : Verdict.Deny, policy, rule);

    private List<Policy> Policies(Tier tier) => [.. side.Cluster.Snapshot.Policies.Where(p =>
        p.Tier == tier && p.HasEffect && (withAudited || !p.IsAudited) && p.Rules(side.Direction) is { } rules && (tier == Tier.NetworkPolicy || rules.Count > 0) &&
        side.SubjectPods.Exists(pod => side.Cluster.Selects(p.Subject, pod)))];

    private IEnumerable<(Policy Policy, Rule Rule)> Rules(List<Policy> policies) =>
        policies.SelectMany(p => p.Rules(side.Direction)!.Value.Select(r => (p, r)));
}
